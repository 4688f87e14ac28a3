package uk.ac.manchester.tornado.api;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * The device's copies of the arrays of one graph. They are memory apart from the host's, so that a transfer that a graph
 * forgets shows: what was never copied there holds not-a-numbers and large negative integers.
 */
final class DeviceBuffers {
    private static final int NEVER_WRITTEN = 0xFFC0_0BAD;

    private final IdentityHashMap<TornadoNativeArray, MemorySegment> copies = new IdentityHashMap<>();

    /** The copy of an array, made if there is none. */
    MemorySegment of(TornadoNativeArray array) {
        return copies.computeIfAbsent(array, DeviceBuffers::allocate);
    }

    private static MemorySegment allocate(TornadoNativeArray array) {
        MemorySegment copy = Arena.ofAuto().allocate(array.getNumBytesOfSegmentWithHeader(), 64);
        for (long at = 0; at < copy.byteSize(); at += Integer.BYTES) {
            copy.set(ValueLayout.JAVA_INT, at, NEVER_WRITTEN);
        }
        return copy;
    }

    @Nullable
    MemorySegment existing(TornadoNativeArray array) {
        return copies.get(array);
    }

    void share(TornadoNativeArray array, MemorySegment copy) {
        copies.put(array, copy);
    }

    void toDevice(TornadoNativeArray array) {
        of(array).copyFrom(array.getSegmentWithHeader());
    }

    void toHost(TornadoNativeArray array) {
        array.getSegmentWithHeader().copyFrom(of(array));
    }

    Collection<MemorySegment> copies() {
        return copies.values();
    }

    void clear() {
        copies.clear();
    }
}
