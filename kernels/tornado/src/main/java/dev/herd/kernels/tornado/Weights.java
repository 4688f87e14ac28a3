package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Reads matrices in the layouts of {@link DeviceFormat}, 32 columns at a time: what kernels call in their inner loops.
 * {@code format} is a constant of each compiled kernel, so that one branch of each method is left.
 */
final class Weights {
    /** Columns that are handled together. */
    static final int UNIT = 32;

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
        if (format == F16 || format == BF16) {
            return (columns + 1) / 2;
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
        return columns / 256 * 53;
    }

    /**
     * {@code Σ w[c] · x[from + c]} over the columns of one unit.
     *
     * @param row first word of the row
     * @param from first element of the inputs' row
     */
    static float dot(IntArray w, int format, int row, int unit, FloatArray x, int from, int columns) {
        int first = unit * UNIT;
        if (format == F32) {
            return dotF32(w, row + first, x, from + first, columns - first);
        }
        if (format == F16 || format == BF16) {
            return dot16(w, format, row + first / 2, x, from + first, columns - first);
        }
        if (format == Q8_0) {
            return dotQ80(w, row + unit * 9, x, from + first);
        }
        if (format == Q4_0) {
            return dotQ40(w, row + unit * 5, x, from + first);
        }
        if (format == Q4_K) {
            return dotQ4K(w, row + (unit >> 3) * 36, unit & 7, x, from + first);
        }
        return dotQ6K(w, row + (unit >> 3) * 53, unit & 7, x, from + first);
    }

    private static float dotF32(IntArray w, int at, FloatArray x, int from, int left) {
        int count = left < UNIT ? left : UNIT;
        float sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Bits.single(w.get(at + i)) * x.get(from + i);
        }
        return sum;
    }

    private static float dot16(IntArray w, int format, int at, FloatArray x, int from, int left) {
        int count = left < UNIT ? left : UNIT;
        float sum = 0;
        for (int i = 0; i < count; i++) {
            sum += short16(w.get(at + (i >> 1)), format, i & 1) * x.get(from + i);
        }
        return sum;
    }

    /** The low or the high 16 bits of a word as a float. */
    private static float short16(int word, int format, int half) {
        if (format == BF16) {
            return Bits.single(half == 0 ? word << 16 : word & 0xFFFF0000);
        }
        return Bits.half(word >> (16 * half));
    }

    private static float dotQ80(IntArray w, int at, FloatArray x, int from) {
        float sum = 0;
        for (int k = 0; k < 8; k++) {
            int word = w.get(at + 1 + k);
            int i = from + 4 * k;
            sum += (word << 24 >> 24) * x.get(i);
            sum += (word << 16 >> 24) * x.get(i + 1);
            sum += (word << 8 >> 24) * x.get(i + 2);
            sum += (word >> 24) * x.get(i + 3);
        }
        return Bits.half(w.get(at)) * sum;
    }

    private static float dotQ40(IntArray w, int at, FloatArray x, int from) {
        float sum = 0;
        for (int k = 0; k < 4; k++) {
            int word = w.get(at + 1 + k);
            int i = from + 4 * k;
            for (int b = 0; b < 4; b++) {
                sum += ((word >> (8 * b) & 15) - 8) * x.get(i + b);
                sum += ((word >> (8 * b + 4) & 15) - 8) * x.get(i + 16 + b);
            }
        }
        return Bits.half(w.get(at)) * sum;
    }

    private static float dotQ4K(IntArray w, int at, int run, FloatArray x, int from) {
        float scale = Bits.half(w.get(at)) * sixBitScale(w, at + 1, run);
        float offset = Bits.half(w.get(at) >> 16) * sixBitOffset(w, at + 1, run);
        int quants = at + 4 + 8 * (run >> 1);
        int shift = 4 * (run & 1);
        float sum = 0;
        for (int k = 0; k < 8; k++) {
            int word = w.get(quants + k) >> shift;
            int i = from + 4 * k;
            sum += (scale * (word & 15) - offset) * x.get(i);
            sum += (scale * (word >> 8 & 15) - offset) * x.get(i + 1);
            sum += (scale * (word >> 16 & 15) - offset) * x.get(i + 2);
            sum += (scale * (word >> 24 & 15) - offset) * x.get(i + 3);
        }
        return sum;
    }

    /** The scale of run 0..7 of a Q4_K group: bits 0-5 of byte {@code run}, or four of byte run + 4 and two of run - 4. */
    private static int sixBitScale(IntArray w, int at, int run) {
        if (run < 4) {
            return w.get(at) >> (8 * run) & 63;
        }
        int byteShift = 8 * (run - 4);
        return sixBits(w.get(at + 2) >> byteShift, w.get(at) >> (byteShift + 6));
    }

    private static int sixBitOffset(IntArray w, int at, int run) {
        if (run < 4) {
            return w.get(at + 1) >> (8 * run) & 63;
        }
        int byteShift = 8 * (run - 4);
        return sixBits(w.get(at + 2) >> (byteShift + 4), w.get(at + 1) >> (byteShift + 6));
    }

    /** Four low bits and two high ones. */
    private static int sixBits(int low, int high) {
        return (low & 15) | ((high & 3) << 4);
    }

    private static float dotQ6K(IntArray w, int at, int unit, FloatArray x, int from) {
        int half = unit >> 2;
        int quarter = unit & 3;
        int low = at + 16 * half + 8 * (quarter & 1);
        int lowShift = 4 * (quarter >> 1);
        int high = at + 32 + 8 * half;
        float sum = 0;
        for (int k = 0; k < 8; k++) {
            int lows = w.get(low + k) >> lowShift;
            int highs = w.get(high + k) >> (2 * quarter);
            int i = from + 4 * k;
            float part = (sixBits(lows, highs) - 32) * x.get(i);
            part += (sixBits(lows >> 8, highs >> 8) - 32) * x.get(i + 1);
            part += (sixBits(lows >> 16, highs >> 16) - 32) * x.get(i + 2);
            part += (sixBits(lows >> 24, highs >> 24) - 32) * x.get(i + 3);
            sum += q6Scale(w, at, 8 * half + 2 * quarter + (k >> 2)) * part;
        }
        return Bits.half(w.get(at + 52)) * sum;
    }

    /** The signed scale of run 0..15 of a Q6_K group. */
    private static int q6Scale(IntArray w, int at, int run) {
        return w.get(at + 48 + (run >> 2)) << (24 - 8 * (run & 3)) >> 24;
    }

    /** Writes the 16 columns from {@code column} on, a multiple of 16, to {@code tile}; zeros beyond the last column. */
    static void decode16(IntArray w, int format, int row, int column, int columns, float[] tile, int to) {
        if (format == Q8_0) {
            decodeQ80(w, row + column / 32 * 9, column >> 4 & 1, tile, to);
            return;
        }
        if (format == Q4_0) {
            decodeQ40(w, row + column / 32 * 5, column >> 4 & 1, tile, to);
            return;
        }
        if (format == Q4_K) {
            decodeQ4K(w, row + column / 256 * 36, column >> 4 & 15, tile, to);
            return;
        }
        if (format == Q6_K) {
            decodeQ6K(w, row + column / 256 * 53, column >> 4 & 15, tile, to);
            return;
        }
        decodePlain(w, format, row, column, columns, tile, to);
    }

    private static void decodePlain(IntArray w, int format, int row, int column, int columns, float[] tile, int to) {
        for (int i = 0; i < 16; i++) {
            int c = column + i;
            float value = 0;
            if (c < columns) {
                if (format == F32) {
                    value = Bits.single(w.get(row + c));
                } else {
                    value = short16(w.get(row + (c >> 1)), format, c & 1);
                }
            }
            tile[to + i] = value;
        }
    }

    private static void decodeQ80(IntArray w, int at, int half, float[] tile, int to) {
        float scale = Bits.half(w.get(at));
        for (int k = 0; k < 4; k++) {
            int word = w.get(at + 1 + 4 * half + k);
            tile[to + 4 * k] = scale * (word << 24 >> 24);
            tile[to + 4 * k + 1] = scale * (word << 16 >> 24);
            tile[to + 4 * k + 2] = scale * (word << 8 >> 24);
            tile[to + 4 * k + 3] = scale * (word >> 24);
        }
    }

    private static void decodeQ40(IntArray w, int at, int half, float[] tile, int to) {
        float scale = Bits.half(w.get(at));
        for (int k = 0; k < 4; k++) {
            int word = w.get(at + 1 + k) >> (4 * half);
            tile[to + 4 * k] = scale * ((word & 15) - 8);
            tile[to + 4 * k + 1] = scale * ((word >> 8 & 15) - 8);
            tile[to + 4 * k + 2] = scale * ((word >> 16 & 15) - 8);
            tile[to + 4 * k + 3] = scale * ((word >> 24 & 15) - 8);
        }
    }

    /** @param half which of the sixteen 16 columns of the group */
    private static void decodeQ4K(IntArray w, int at, int half, float[] tile, int to) {
        int run = half >> 1;
        float scale = Bits.half(w.get(at)) * sixBitScale(w, at + 1, run);
        float offset = Bits.half(w.get(at) >> 16) * sixBitOffset(w, at + 1, run);
        int quants = at + 4 + 8 * (run >> 1) + 4 * (half & 1);
        int shift = 4 * (run & 1);
        for (int k = 0; k < 4; k++) {
            int word = w.get(quants + k) >> shift;
            tile[to + 4 * k] = scale * (word & 15) - offset;
            tile[to + 4 * k + 1] = scale * (word >> 8 & 15) - offset;
            tile[to + 4 * k + 2] = scale * (word >> 16 & 15) - offset;
            tile[to + 4 * k + 3] = scale * (word >> 24 & 15) - offset;
        }
    }

    /** @param run which of the sixteen runs of 16 columns */
    private static void decodeQ6K(IntArray w, int at, int run, float[] tile, int to) {
        int part = run >> 3;
        int quarter = run >> 1 & 3;
        int word = 4 * (run & 1);
        int low = at + 16 * part + 8 * (quarter & 1) + word;
        int lowShift = 4 * (quarter >> 1);
        int high = at + 32 + 8 * part + word;
        float scale = Bits.half(w.get(at + 52)) * q6Scale(w, at, run);
        for (int k = 0; k < 4; k++) {
            int lows = w.get(low + k) >> lowShift;
            int highs = w.get(high + k) >> (2 * quarter);
            tile[to + 4 * k] = scale * (sixBits(lows, highs) - 32);
            tile[to + 4 * k + 1] = scale * (sixBits(lows >> 8, highs >> 8) - 32);
            tile[to + 4 * k + 2] = scale * (sixBits(lows >> 16, highs >> 16) - 32);
            tile[to + 4 * k + 3] = scale * (sixBits(lows >> 24, highs >> 24) - 32);
        }
    }
}
