package uk.ac.manchester.tornado.api.types.arrays;

import dev.herd.kernels.emulator.AccessLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An array outside the heap, behind a header of 16 bytes that holds its length. While a kernel runs, it is the device's
 * copy that elements are read from and written to.
 */
public abstract sealed class TornadoNativeArray permits FloatArray, IntArray {
    /** Bytes before the first element. */
    public static final long ARRAY_HEADER = 16;

    private final MemorySegment host;
    private final int size;
    private MemorySegment memory;
    private @Nullable AccessLog log;
    private @Nullable AccessLog watching;

    TornadoNativeArray(MemorySegment host, int elementSize) {
        this.host = host;
        this.memory = host;
        this.size = Math.toIntExact((host.byteSize() - ARRAY_HEADER) / elementSize);
        if (ARRAY_HEADER + (long) size * elementSize != host.byteSize()) {
            throw new IllegalArgumentException(host.byteSize() + " bytes are no header and whole elements");
        }
        host.set(ValueLayout.JAVA_INT_UNALIGNED, 0, size);
    }

    static MemorySegment allocate(int size, int elementSize) {
        return Arena.ofAuto().allocate(ARRAY_HEADER + (long) size * elementSize, 64);
    }

    /** Number of elements. */
    public int getSize() {
        return size;
    }

    /** The elements on the host. */
    public MemorySegment getSegment() {
        return host.asSlice(ARRAY_HEADER);
    }

    /** Header and elements on the host. */
    public MemorySegment getSegmentWithHeader() {
        return host;
    }

    /** Bytes of header and elements. */
    public long getNumBytesOfSegmentWithHeader() {
        return host.byteSize();
    }

    /** Bytes of the elements. */
    public long getNumBytesOfSegment() {
        return host.byteSize() - ARRAY_HEADER;
    }

    /** Bytes of an element. */
    public abstract int getElementSize();

    /** Sets all elements to zero. */
    public void clear() {
        getSegment().fill((byte) 0);
    }

    /** Accesses go to this copy until {@link #unwatch}; not in TornadoVM's API. */
    public final void use(MemorySegment copy) {
        memory = copy;
    }

    /** Accesses are judged until {@link #unwatch}; not in TornadoVM's API. */
    public final AccessLog watch() {
        AccessLog own = log;
        if (own == null) {
            own = new AccessLog(size);
            log = own;
        }
        watching = own;
        return own;
    }

    /** Accesses go to the host's memory again, and nobody looks; not in TornadoVM's API. */
    public final void unwatch() {
        watching = null;
        memory = host;
    }

    /** Where an element is read. */
    final MemorySegment reading(int index) {
        AccessLog watcher = watching;
        if (watcher == null) {
            Objects.checkIndex(index, size);
        } else {
            watcher.read(index);
        }
        return memory;
    }

    /** Where an element is written. */
    final MemorySegment writing(int index) {
        AccessLog watcher = watching;
        if (watcher == null) {
            Objects.checkIndex(index, size);
        } else {
            watcher.write(index);
        }
        return memory;
    }
}
