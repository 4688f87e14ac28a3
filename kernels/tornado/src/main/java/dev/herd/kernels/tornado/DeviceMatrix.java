package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import java.util.List;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A matrix for the device, or the equal ones of all experts of a layer, one behind the other.
 *
 * @param sources the matrices in the checkpoint
 */
record DeviceMatrix(List<WeightMatrix> sources, IntArray array, DeviceFormat format, int rows, int columns) {
    private static final int ROWS_AT_A_TIME = 64;

    static DeviceMatrix of(WeightMatrix source, HostMemory memory) {
        return of(List.of(source), memory);
    }

    static DeviceMatrix of(List<WeightMatrix> sources, HostMemory memory) {
        WeightMatrix first = sources.getFirst();
        IntArray array = memory.ints(words(sources));
        return new DeviceMatrix(sources, array, DeviceFormat.of(first), first.rows(), first.columns());
    }

    /** Words of equal matrices on the device. */
    static long words(List<WeightMatrix> sources) {
        WeightMatrix first = sources.getFirst();
        long rows = Math.multiplyExact((long) first.rows(), sources.size());
        return DeviceFormat.of(first).bytes(rows, first.columns()) / Integer.BYTES;
    }

    /** Bytes of arrays on the device. */
    static long bytes(List<Object> arrays) {
        return arrays.stream()
                .mapToLong(array -> ((TornadoNativeArray) array).getNumBytesOfSegmentWithHeader())
                .sum();
    }

    /** Reads the checkpoint into the host's side of the array, on all processors. */
    void pack(Kernels kernels) {
        int parts = Math.ceilDiv(rows, ROWS_AT_A_TIME);
        IntStream.range(0, sources.size() * parts).parallel().forEach(part -> {
            int source = part / parts;
            int from = part % parts * ROWS_AT_A_TIME;
            DeviceWeights.pack(
                    array.getSegment(),
                    (long) source * rows,
                    sources.get(source),
                    from,
                    Math.min(rows, from + ROWS_AT_A_TIME),
                    kernels);
        });
    }
}
