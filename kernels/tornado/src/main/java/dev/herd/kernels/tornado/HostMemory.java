package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * The host's side of large arrays. TornadoVM ties each array of the device to one of the same size here, which for weights
 * and key/value memory would double the machine's need for memory. So these take address space only: pages come when they
 * are written, and {@link #release} gives them back when they have been copied to the device.
 */
final class HostMemory implements ArraySource, AutoCloseable {
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int DONT_NEED = 4;
    private static final long PAGE = 4096;

    private final Arena arena = Arena.ofShared();
    private final MethodHandle map;
    private final MethodHandle advise;
    private final MethodHandle unmap;

    HostMemory() {
        Linker linker = Linker.nativeLinker();
        SymbolLookup lookup = linker.defaultLookup();
        map = linker.downcallHandle(
                lookup.findOrThrow("mmap"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        advise = linker.downcallHandle(
                lookup.findOrThrow("madvise"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        unmap = linker.downcallHandle(
                lookup.findOrThrow("munmap"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    /** {@code size} zeros that have no memory yet. */
    @Override
    public IntArray ints(long size) {
        return IntArray.fromSegmentShallow(reserve(Math.toIntExact(size)));
    }

    /** {@code size} zeros that have no memory yet. */
    @Override
    public FloatArray floats(long size) {
        return FloatArray.fromSegmentShallow(reserve(Math.toIntExact(size)));
    }

    /** On pages of its own, like all arrays here: some are locked, which no two arrays of a page can be. */
    @Override
    public FloatArray copy(Floats source) {
        FloatArray array = floats(source.size());
        MemorySegment.copy(source.segment(), 0, array.getSegment(), 0, Float.BYTES * source.size());
        return array;
    }

    private MemorySegment reserve(int size) {
        long bytes = TornadoNativeArray.ARRAY_HEADER + 4L * size;
        long address = mapped(bytes);
        if (address == -1) {
            throw new IllegalStateException("the machine has no address space for an array of " + bytes + " bytes");
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, memory -> unmapped(address, bytes));
    }

    private long mapped(long bytes) {
        try {
            return (long) map.invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void unmapped(long address, long bytes) {
        try {
            int ignored = (int) unmap.invokeExact(address, bytes);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Gives the pages of an array back, the first excepted, which holds its header; what it held is gone. */
    void release(TornadoNativeArray array) {
        MemorySegment memory = array.getSegmentWithHeader();
        if (memory.byteSize() <= PAGE) {
            return;
        }
        try {
            int ignored = (int) advise.invokeExact(memory.address() + PAGE, memory.byteSize() - PAGE, DONT_NEED);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
