package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What an item of {@link MmaTile} does alone: finds inputs, decodes pairs of weights, and writes the sums that are its own. */
final class MmaSums {
    /** The low four bits of two bytes. */
    static final int LOW = 0x000F000F;

    /** The high ones. */
    static final int HIGH = 0x00F000F0;

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

    /**
     * Where in its row of a left factor the first eight halves lie, or the second, in words: the other way round in four rows of
     * eight.
     */
    static int eights(int row, int eight) {
        return (row & 4) ^ (4 * eight);
    }

    /** What an item of a warp adds to an address, in bytes, to have the eight halves of {@link #eights} that it would without. */
    static int swapped(int lane) {
        return 4 * (lane & 4) * (1 - lane / 16 * 2);
    }

    /**
     * Four bits of byte {@code i} of a word of each of two rows, scaled, as a pair of halves. By themselves the bits are a half
     * already, a tiny one, which becomes a float in one instruction, two from a word; {@link #factor} makes up for its size.
     *
     * @param nibbles {@link #LOW} or {@link #HIGH}
     * @param nothing 0, which no compiler must know: else it masks each half by itself, to shift one of them once more
     */
    static int decoded(
            int low,
            int high,
            int nibbles,
            int nothing,
            int i,
            float lowFactor,
            float lowOffset,
            float highFactor,
            float highOffset) {
        int lowHalves = ((low >> (8 * (i & 1))) & nibbles) | nothing;
        int highHalves = ((high >> (8 * (i & 1))) & nibbles) | nothing;
        return HalfInputs.pair(
                lowFactor * Bits.deviceHalf(lowHalves >> (8 * (i & 2))) - lowOffset,
                highFactor * Bits.deviceHalf(highHalves >> (8 * (i & 2))) - highOffset);
    }

    /** What {@link #decoded} multiplies by for a run of {@link #LOW} bits or, if its number is odd, of {@link #HIGH} ones. */
    static float factor(float scale, int run) {
        return scale * ((run & 1) == 0 ? 0x1p24f : 0x1p20f);
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
