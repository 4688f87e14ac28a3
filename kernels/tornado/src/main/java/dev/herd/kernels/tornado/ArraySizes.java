package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import java.util.IdentityHashMap;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Counts the arrays of a plan that is described and not run, so that what a model takes of a device is known before it is brought
 * there, whatever its size. Each array has one element.
 */
final class ArraySizes implements ArraySource {
    private final IdentityHashMap<TornadoNativeArray, Long> bytes = new IdentityHashMap<>();

    @Override
    public IntArray ints(long size) {
        return counted(new IntArray(1), size);
    }

    @Override
    public FloatArray floats(long size) {
        return counted(new FloatArray(1), size);
    }

    @Override
    public FloatArray copy(Floats source) {
        return floats(source.size());
    }

    private <A extends TornadoNativeArray> A counted(A array, long size) {
        bytes.put(array, Math.multiplyExact(size, (long) Integer.BYTES));
        return array;
    }

    /** Bytes of the largest on the device. */
    long largest() {
        return bytes.values().stream().mapToLong(Long::longValue).max().orElse(0) + TornadoNativeArray.ARRAY_HEADER;
    }

    /** Bytes of an array on the device, with what TornadoVM adds to each. */
    long onDevice(Object array) {
        Long own = bytes.get(array);
        if (own == null) {
            throw new IllegalArgumentException("an array from elsewhere");
        }
        return own + TornadoNativeArray.ARRAY_HEADER;
    }
}
