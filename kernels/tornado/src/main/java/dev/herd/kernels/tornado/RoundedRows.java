package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Dot products of rows of quantised matrices with {@link RoundedInputs}, by {@code dp4a}: what {@link RoundedProducts} is
 * made of.
 *
 * <p>Q4_K has a way of its own ({@link RoundedQ4K}). Of other formats, 16 items have two neighbouring rows. Each takes every 16th
 * piece of 64 columns of both ({@link Pieces}), so that scales are decoded once for 64 weights and no item waits for another until
 * the end. It first loads all words of a piece of both rows, which are on their way together, and then goes through the tokens:
 * weights are read and decoded once for up to eight. Inputs come from the cache, where 16 neighbouring items find what they load
 * at once side by side. An item's sums, and then those of the 16, are kept in local memory.
 */
final class RoundedRows {
    /** Tokens that are computed at once, at most. */
    static final int TOKENS = 8;

    /** Items of a group. */
    static final int GROUP = 32;

    /** Rows that 16 items have. */
    static final int PAIR = 2;

    private static final int LANES = RoundedInputs.LANES;

    /** Rows of a group. */
    static final int ROWS = GROUP / LANES * PAIR;

    /** Floats from one row of sums to the next, an odd number against bank conflicts. */
    static final int STRIDE = GROUP + 1;

    private RoundedRows() {}

    /** Whether matrices of that format are multiplied here. */
    static boolean takes(DeviceFormat format) {
        return format.type().isQuantized();
    }

    /** The row that an item of a group gets the result of. */
    static int row(int group, int item) {
        return group * ROWS + item / LANES * PAIR + item % LANES / TOKENS;
    }

    /** The token that an item gets the result of. */
    static int token(int item) {
        return item % TOKENS;
    }

    /**
     * The dot product of the item's {@link #row} with the inputs of its {@link #token}; 0 for tokens that are not among the
     * {@code tokens} from {@code firstToken} on. All items of a group call it, with the same inputs.
     *
     * @param group which four rows
     * @param matrix where the matrix begins, in rows of the array: that of an expert is one of many
     * @param rows rows of the matrix
     * @param tile where the inputs of token {@code firstToken} begin
     * @param most the most that {@code tokens} can be, a constant: local memory is for so many
     */
    static float sums(
            KernelContext context,
            IntArray w,
            int format,
            int group,
            int matrix,
            int rows,
            IntArray levels,
            FloatArray factors,
            int tile,
            int firstToken,
            int tokens,
            int most,
            int columns) {
        if (format == Weights.Q4_K) {
            return RoundedQ4K.sums(
                    context, w, group, matrix, rows, levels, factors, tile, firstToken, tokens, most, columns);
        }
        float[] sums = context.allocateFloatLocalArray(PAIR * most * STRIDE);
        int item = context.localIdx;
        int lane = item % LANES;
        int rowWords = Weights.rowWords(format, columns);
        int first = group * ROWS + item / LANES * PAIR;
        for (int i = 0; i < PAIR * tokens; i++) {
            sums[i * STRIDE + item] = 0;
        }
        if (first < rows) {
            if (tokens > 0) {
                int row = (matrix + first) * rowWords;
                int next = row;
                if (first + 1 < rows) {
                    next += rowWords;
                }
                for (int piece = lane; piece * Pieces.COLUMNS < columns; piece += LANES) {
                    int aWords = Pieces.words(format, row, piece);
                    int aMore = Pieces.moreWords(format, row, piece, columns);
                    int aHalves = Pieces.halves(w, format, row, piece, aWords, aMore);
                    int aSmall = Pieces.smallNumbers(w, format, row, piece);
                    int a0 = Pieces.word(w, format, aWords, aMore, piece, 0);
                    int a1 = Pieces.word(w, format, aWords, aMore, piece, 1);
                    int a2 = Pieces.word(w, format, aWords, aMore, piece, 2);
                    int a3 = Pieces.word(w, format, aWords, aMore, piece, 3);
                    int a4 = Pieces.word(w, format, aWords, aMore, piece, 4);
                    int a5 = Pieces.word(w, format, aWords, aMore, piece, 5);
                    int a6 = Pieces.word(w, format, aWords, aMore, piece, 6);
                    int a7 = Pieces.word(w, format, aWords, aMore, piece, 7);
                    int a8 = Pieces.word(w, format, aWords, aMore, piece, 8);
                    int a9 = Pieces.word(w, format, aWords, aMore, piece, 9);
                    int a10 = Pieces.word(w, format, aWords, aMore, piece, 10);
                    int a11 = Pieces.word(w, format, aWords, aMore, piece, 11);
                    int a12 = Pieces.word(w, format, aWords, aMore, piece, 12);
                    int a13 = Pieces.word(w, format, aWords, aMore, piece, 13);
                    int a14 = Pieces.word(w, format, aWords, aMore, piece, 14);
                    int a15 = Pieces.word(w, format, aWords, aMore, piece, 15);
                    int bWords = Pieces.words(format, next, piece);
                    int bMore = Pieces.moreWords(format, next, piece, columns);
                    int bHalves = Pieces.halves(w, format, next, piece, bWords, bMore);
                    int bSmall = Pieces.smallNumbers(w, format, next, piece);
                    int b0 = Pieces.word(w, format, bWords, bMore, piece, 0);
                    int b1 = Pieces.word(w, format, bWords, bMore, piece, 1);
                    int b2 = Pieces.word(w, format, bWords, bMore, piece, 2);
                    int b3 = Pieces.word(w, format, bWords, bMore, piece, 3);
                    int b4 = Pieces.word(w, format, bWords, bMore, piece, 4);
                    int b5 = Pieces.word(w, format, bWords, bMore, piece, 5);
                    int b6 = Pieces.word(w, format, bWords, bMore, piece, 6);
                    int b7 = Pieces.word(w, format, bWords, bMore, piece, 7);
                    int b8 = Pieces.word(w, format, bWords, bMore, piece, 8);
                    int b9 = Pieces.word(w, format, bWords, bMore, piece, 9);
                    int b10 = Pieces.word(w, format, bWords, bMore, piece, 10);
                    int b11 = Pieces.word(w, format, bWords, bMore, piece, 11);
                    int b12 = Pieces.word(w, format, bWords, bMore, piece, 12);
                    int b13 = Pieces.word(w, format, bWords, bMore, piece, 13);
                    int b14 = Pieces.word(w, format, bWords, bMore, piece, 14);
                    int b15 = Pieces.word(w, format, bWords, bMore, piece, 15);
                    float aFirst = Bits.deviceHalf(aHalves);
                    float aSecond = Bits.deviceHalf(aHalves >> 16);
                    float aScale0 = Pieces.scale(format, aFirst, aSecond, aSmall, 0);
                    float aScale1 = Pieces.scale(format, aFirst, aSecond, aSmall, 1);
                    float aScale2 = Pieces.scale(format, aFirst, aSecond, aSmall, 2);
                    float aScale3 = Pieces.scale(format, aFirst, aSecond, aSmall, 3);
                    float aOffset0 = Pieces.offset(aScale0);
                    float aOffset1 = Pieces.offset(aScale2);
                    float bFirst = Bits.deviceHalf(bHalves);
                    float bSecond = Bits.deviceHalf(bHalves >> 16);
                    float bScale0 = Pieces.scale(format, bFirst, bSecond, bSmall, 0);
                    float bScale1 = Pieces.scale(format, bFirst, bSecond, bSmall, 1);
                    float bScale2 = Pieces.scale(format, bFirst, bSecond, bSmall, 2);
                    float bScale3 = Pieces.scale(format, bFirst, bSecond, bSmall, 3);
                    float bOffset0 = Pieces.offset(bScale0);
                    float bOffset1 = Pieces.offset(bScale2);
                    for (int token = 0; token < tokens; token++) {
                        int from = tile + token * RoundedInputs.tiles(columns) + piece / LANES;
                        int at = from * RoundedInputs.WORDS + 4 * lane;
                        int factor = from * RoundedInputs.FACTORS + 4 * lane;
                        float low = factors.get(factor);
                        float high = factors.get(factor + 1);
                        int aa0 = Pieces.fourWords(levels, at, a0, a1, a2, a3);
                        int aa1 = Pieces.fourWords(levels, at + 64, a4, a5, a6, a7);
                        int aa2 = Pieces.fourWords(levels, at + 128, a8, a9, a10, a11);
                        int aa3 = Pieces.fourWords(levels, at + 192, a12, a13, a14, a15);
                        float a;
                        if (format == Weights.Q6_K) {
                            a = low * (aScale0 * aa0 + aScale1 * aa1) + high * (aScale2 * aa2 + aScale3 * aa3);
                        } else {
                            a = low * aScale0 * (aa0 + aa1)
                                    + high * aScale2 * (aa2 + aa3)
                                    - Pieces.taken(format, factors, factor, aOffset0, aOffset1);
                        }
                        int bb0 = Pieces.fourWords(levels, at, b0, b1, b2, b3);
                        int bb1 = Pieces.fourWords(levels, at + 64, b4, b5, b6, b7);
                        int bb2 = Pieces.fourWords(levels, at + 128, b8, b9, b10, b11);
                        int bb3 = Pieces.fourWords(levels, at + 192, b12, b13, b14, b15);
                        float b;
                        if (format == Weights.Q6_K) {
                            b = low * (bScale0 * bb0 + bScale1 * bb1) + high * (bScale2 * bb2 + bScale3 * bb3);
                        } else {
                            b = low * bScale0 * (bb0 + bb1)
                                    + high * bScale2 * (bb2 + bb3)
                                    - Pieces.taken(format, factors, factor, bOffset0, bOffset1);
                        }
                        int sum = PAIR * token * STRIDE + item;
                        sums[sum] += a;
                        sums[sum + STRIDE] += b;
                    }
                }
            }
        }
        context.localBarrier();
        float total = 0;
        int token = token(item) - firstToken;
        if (token >= 0) {
            if (token < tokens) {
                int from = (PAIR * token + lane / TOKENS) * STRIDE + item - lane;
                for (int i = 0; i < LANES; i++) {
                    total += sums[from + i];
                }
            }
        }
        context.localBarrier();
        return total;
    }
}
