package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import java.util.List;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A matrix for the device, or the equal ones of all experts of a layer, one behind the other, and their {@link HalfRange}.
 *
 * @param sources the matrices in the checkpoint
 */
record DeviceMatrix(List<WeightMatrix> sources, IntArray array, DeviceFormat format, int rows, int columns) {
    private static final int ROWS_AT_A_TIME = 64;

    static DeviceMatrix of(WeightMatrix source, ArraySource memory) {
        return of(List.of(source), memory);
    }

    static DeviceMatrix of(List<WeightMatrix> sources, ArraySource memory) {
        WeightMatrix first = sources.getFirst();
        IntArray array = memory.ints(words(sources));
        return new DeviceMatrix(sources, array, DeviceFormat.of(first), first.rows(), first.columns());
    }

    /** Words of equal matrices and their {@link HalfRange} on the device. */
    static long words(List<WeightMatrix> sources) {
        WeightMatrix first = sources.getFirst();
        long rows = Math.multiplyExact((long) first.rows(), sources.size());
        return DeviceFormat.of(first).bytes(rows, first.columns()) / Integer.BYTES + 1;
    }

    /** Reads the checkpoint into the host's side of the array, on all processors. */
    void pack(Kernels kernels) {
        int parts = Math.ceilDiv(rows, ROWS_AT_A_TIME);
        float largest = (float) IntStream.range(0, sources.size() * parts)
                .parallel()
                .mapToDouble(part -> {
                    int from = part % parts * ROWS_AT_A_TIME;
                    return pack(part / parts, from, Math.min(rows, from + ROWS_AT_A_TIME), kernels);
                })
                .max()
                .orElse(0);
        array.set(array.getSize() - 1, Float.floatToRawIntBits(HalfRange.factor(largest)));
    }

    /** Packs rows of a source; returns what none of their weights exceeds. */
    private float pack(int source, int from, int to, Kernels kernels) {
        long firstRow = (long) source * rows;
        DeviceWeights.pack(array.getSegment(), firstRow, sources.get(source), from, to, kernels);
        return HalfRange.largest(array.getSegment(), format, columns, firstRow + from, firstRow + to);
    }
}
