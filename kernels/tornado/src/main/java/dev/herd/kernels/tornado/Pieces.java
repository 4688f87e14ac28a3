package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.utils.QuantizationUtils;

/**
 * Reads quantised rows, but for Q4_K, in pieces of 64 columns, four levels to a word as signed bytes, and multiplies them with
 * {@link RoundedInputs}: what {@link RoundedRows} calls in its inner loop. An element is {@code scale * level - offset}.
 *
 * <p>A piece is two runs of 32 columns. Where a row ends with its first, the second one reads the first again, and inputs are
 * zeros there. What a piece has once, where its words are, two halves and four small numbers, is computed first and handed to the
 * other methods: TornadoVM inlines all branches of all of them before it knows the format.
 */
final class Pieces {
    /*
     * The format is a constant of each compiled kernel, and so is the word's number: one branch of each method is left, and
     * a word that two numbers share is loaded once.
     */
    static final int COLUMNS = 64;

    private static final int NIBBLES = 0x0F0F0F0F;
    private static final int PAIRS = 0x03030303;

    private Pieces() {}

    /** Where the words of a piece's first run are; of Q6_K, the low bits of all. */
    static int words(int format, int row, int piece) {
        if (format == Weights.Q6_K) {
            return row + (piece >> 2) * 53 + 16 * (piece >> 1 & 1);
        }
        return row + 2 * piece * groupWords(format) + 1;
    }

    /** Where those of its second run are; of Q6_K, the high bits of all. */
    static int moreWords(int format, int row, int piece, int columns) {
        if (format == Weights.Q6_K) {
            return row + (piece >> 2) * 53 + 32 + 8 * (piece >> 1 & 1);
        }
        int words = words(format, row, piece);
        return piece * COLUMNS + COLUMNS / 2 < columns ? words + groupWords(format) : words;
    }

    private static int groupWords(int format) {
        return format == Weights.Q8_0 ? 9 : 5;
    }

    /**
     * Word {@code j} of a piece: the levels of its columns {@code 4 j} to {@code 4 j + 3}, those of Q4_0 not yet less 8.
     *
     * @param words of {@link #words}
     * @param more of {@link #moreWords}
     */
    static int word(IntArray w, int format, int words, int more, int piece, int j) {
        if (format == Weights.Q6_K) {
            int shift = 4 * (piece & 1);
            int low = w.get(words + j) >> shift & NIBBLES;
            int high = w.get(more + (j & 7)) >> (shift + 2 * (j >> 3)) & PAIRS;
            return ((low | high << 4) + 0x60606060) ^ 0x80808080; // less 32, byte by byte
        }
        int run = j < 8 ? words : more;
        if (format == Weights.Q4_0) {
            int levels = w.get(run + (j & 3));
            return ((j & 4) == 0 ? levels : levels >> 4) & NIBBLES;
        }
        return w.get(run + (j & 7));
    }

    /** The two halves of a piece: the scales of its runs; of Q6_K, that of scales. */
    static int halves(IntArray w, int format, int row, int piece, int words, int more) {
        if (format == Weights.Q6_K) {
            return w.get(row + (piece >> 2) * 53 + 52);
        }
        return (w.get(words - 1) & 0xFFFF) | w.get(more - 1) << 16;
    }

    /** Of Q6_K, the scales of 16 columns each, a byte each. */
    static int smallNumbers(IntArray w, int format, int row, int piece) {
        if (format == Weights.Q6_K) {
            return w.get(row + (piece >> 2) * 53 + 48 + (piece & 3));
        }
        return 0;
    }

    /**
     * Of a Q4_K piece's three words of small numbers, the scales of both runs and then their offsets, a byte each; see
     * {@link Weights#sixBitScale}.
     */
    static int sixBits(int firstWord, int secondWord, int thirdWord, int piece) {
        int shift = 16 * (piece & 1);
        int scales = firstWord >> shift;
        int offsets = secondWord >> shift;
        int low = thirdWord >> shift;
        int ofFirst = (scales & 0x3F3F) | (offsets & 0x3F3F) << 16;
        int ofLast = (low & 0x0F0F) | (scales >> 2 & 0x3030) | ((low >> 4 & 0x0F0F) | (offsets >> 2 & 0x3030)) << 16;
        int isLast = -(piece >> 1);
        return (ofFirst & ~isLast) | (ofLast & isLast);
    }

    /** What the levels of columns {@code 16 k} to {@code 16 k + 15} are multiplied by. */
    static float scale(int format, float first, float second, int small, int k) {
        if (format == Weights.Q6_K) {
            return first * (small << (24 - 8 * k) >> 24);
        }
        return k < 2 ? first : second;
    }

    /** What is taken from the scaled levels of a run of Q4_0. */
    static float offset(float scale) {
        return 8 * scale;
    }

    /** Four words times the inputs' four from {@code at} on. */
    static int fourWords(IntArray levels, int at, int w0, int w1, int w2, int w3) {
        int dot = QuantizationUtils.dp4a_packed(w0, levels.get(at), 0);
        dot = QuantizationUtils.dp4a_packed(w1, levels.get(at + 1), dot);
        dot = QuantizationUtils.dp4a_packed(w2, levels.get(at + 2), dot);
        return QuantizationUtils.dp4a_packed(w3, levels.get(at + 3), dot);
    }

    /** What the offsets of a piece take from its product. */
    static float taken(int format, FloatArray factors, int at, float offset0, float offset1) {
        if (format == Weights.Q4_0) {
            return offset0 * factors.get(at + 2) + offset1 * factors.get(at + 3);
        }
        return 0;
    }
}
