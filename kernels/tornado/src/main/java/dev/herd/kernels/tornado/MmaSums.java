package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What an item of {@link MmaTile} does alone: finds inputs, decodes pairs of weights, and writes the sums that are its own. */
final class MmaSums {
    private static final int SIDE = MmaGeometry.SIDE;

    private MmaSums() {}

    /** The row of x where an input lies, or the last one before {@code end}. */
    static int source(IntArray order, int perInput, int input, int end) {
        int source = TornadoMath.min(input, end - 1);
        if (perInput != Tile.IN_ORDER) {
            source = order.get(source) / perInput;
        }
        return source;
    }

    /** Four bits of a word of each of two rows as a pair of halves. */
    static int decoded(int low, int high, int bit, float lowScale, float lowOffset, float highScale, float highOffset) {
        return HalfInputs.pair(lowScale * (low >> bit & 15) - lowOffset, highScale * (high >> bit & 15) - highOffset);
    }

    /**
     * Writes an item's sums of a warp to the rows that they belong to.
     *
     * @param input the first of the warp's inputs; those from {@code end} on are not written
     * @param atToken the row of {@code products} where the warp's sums begin
     * @param atRow their column there, which is the row of the matrix
     */
    static void put(
            FloatArray out,
            FloatArray products,
            FloatArray scales,
            IntArray order,
            int perInput,
            float range,
            int rows,
            int input,
            int end,
            int atToken,
            int atRow,
            int lane,
            int adds) {
        for (int i = 0; i < SIDE / 8; i++) {
            int token = 8 * i + lane / 4;
            if (input + token < end) {
                int target = input + token;
                int source = target;
                if (perInput != Tile.IN_ORDER) {
                    target = order.get(source);
                    source = target / perInput;
                }
                float scale = scales.get(source) / range;
                int from = (atToken + token) * MmaGeometry.stride(rows);
                for (int j = 0; j < SIDE / 4; j++) {
                    int row = atRow + 8 * (j / 2) + 2 * (lane % 4) + j % 2;
                    if (row < rows) {
                        float sum = scale * products.get(from + row);
                        if (adds == 1) {
                            sum += out.get(target * rows + row);
                        }
                        out.set(target * rows + row, sum);
                    }
                }
            }
        }
    }
}
