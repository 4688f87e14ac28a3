package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Reads matrices in the layouts of {@link DeviceFormat}, in units of 16 columns, which share a scale in every format: what
 * kernels call in their inner loops. An element is {@code scale * level - offset}.
 */
final class Weights {
    /*
     * The format is a constant of each compiled kernel, so that one branch of each method is left, and loops over a unit
     * are unrolled: what is computed from the unit alone is computed once, what depends on i is constant, and the four
     * levels of a word come from one load.
     */
    /** Columns that are handled together. */
    static final int UNIT = 16;

    static final int F32 = 0;
    static final int F16 = 1;
    static final int BF16 = 2;
    static final int Q8_0 = 3;
    static final int Q4_0 = 4;
    static final int Q4_K = 5;
    static final int Q6_K = 6;

    private Weights() {}

    /** Words of a row. */
    static int rowWords(int format, int columns) {
        if (format == F32) {
            return columns;
        }
        if (format == Q8_0) {
            return columns / 32 * 9;
        }
        if (format == Q4_0) {
            return columns / 32 * 5;
        }
        if (format == Q4_K) {
            return columns / 256 * 36;
        }
        if (format == Q6_K) {
            return columns / 256 * 53;
        }
        return (columns + 1) / 2;
    }

    /** Columns of a unit: 16, or what is left of a row that is no multiple of it, as only plain formats have. */
    static int count(int format, int unit, int columns) {
        if (format > BF16) {
            return UNIT;
        }
        return TornadoMath.min(UNIT, columns - unit * UNIT);
    }

    /** What the levels of a unit are multiplied by. */
    static float scale(IntArray w, int format, int row, int unit) {
        if (format == Q8_0) {
            return Bits.half(w.get(row + (unit >> 1) * 9));
        }
        if (format == Q4_0) {
            return Bits.half(w.get(row + (unit >> 1) * 5));
        }
        if (format == Q4_K) {
            int group = row + (unit >> 4) * 36;
            return Bits.half(w.get(group)) * sixBitScale(w, group + 1, unit >> 1 & 7, 0);
        }
        if (format == Q6_K) {
            int group = row + (unit >> 4) * 53;
            int run = unit & 15;
            int small = w.get(group + 48 + (run >> 2)) << (24 - 8 * (run & 3)) >> 24;
            return Bits.half(w.get(group + 52)) * small;
        }
        return 1;
    }

    /** What is taken from the scaled levels of a unit. */
    static float offset(IntArray w, int format, int row, int unit) {
        if (format == Q4_K) {
            int group = row + (unit >> 4) * 36;
            return Bits.half(w.get(group) >> 16) * sixBitScale(w, group + 1, unit >> 1 & 7, 1);
        }
        return 0;
    }

    /**
     * The scale (kind 0) or the offset (kind 1) of a run of a Q4_K group. Bytes 0..3 hold the scales of runs 0..3, bytes
     * 4..7 their offsets, in six bits; bytes 8..11 the low four bits of scale and offset of runs 4..7, whose high two are
     * above those six.
     */
    static int sixBitScale(IntArray w, int at, int run, int kind) {
        int shift = 8 * (run & 3);
        int upper = w.get(at + kind) >> shift;
        if (run < 4) {
            return upper & 63;
        }
        return (w.get(at + 2) >> (shift + 4 * kind) & 15) | ((upper >> 6 & 3) << 4);
    }

    /** {@link #sixBitScale} from the word of its kind and the last one. */
    static int sixBits(int own, int last, int run, int kind) {
        int shift = 8 * (run & 3);
        int upper = own >> shift;
        if (run < 4) {
            return upper & 63;
        }
        return (last >> (shift + 4 * kind) & 15) | ((upper >> 6 & 3) << 4);
    }

    /** Element {@code i} of a unit, unscaled. */
    static float level(IntArray w, int format, int row, int unit, int i) {
        if (format == F32) {
            return Bits.single(w.get(row + unit * UNIT + i));
        }
        if (format == F16) {
            return Bits.half(w.get(row + unit * 8 + (i >> 1)) >> (16 * (i & 1)));
        }
        if (format == BF16) {
            return Bits.single(w.get(row + unit * 8 + (i >> 1)) >> (16 * (i & 1)) << 16);
        }
        if (format == Q8_0) {
            int word = w.get(row + (unit >> 1) * 9 + 1 + 4 * (unit & 1) + (i >> 2));
            return word << (24 - 8 * (i & 3)) >> 24;
        }
        if (format == Q4_0) {
            int word = w.get(row + (unit >> 1) * 5 + 1 + (i >> 2));
            return (word >> (8 * (i & 3) + 4 * (unit & 1)) & 15) - 8;
        }
        if (format == Q4_K) {
            int word = w.get(row + (unit >> 4) * 36 + 4 + 8 * (unit >> 2 & 3) + 4 * (unit & 1) + (i >> 2));
            return word >> (8 * (i & 3) + 4 * (unit >> 1 & 1)) & 15;
        }
        return levelQ6K(w, row + (unit >> 4) * 53, unit & 15, i);
    }

    /** Six bits less 32: four of the half's low nibbles, two of its high pairs. */
    private static int levelQ6K(IntArray w, int group, int run, int i) {
        int half = run >> 3;
        int quarter = run >> 1 & 3;
        int word = 4 * (run & 1) + (i >> 2);
        int shift = 8 * (i & 3);
        int low = w.get(group + 16 * half + 8 * (quarter & 1) + word) >> (shift + 4 * (quarter >> 1)) & 15;
        int high = w.get(group + 32 + 8 * half + word) >> (shift + 2 * quarter) & 3;
        return (low | (high << 4)) - 32;
    }
}
