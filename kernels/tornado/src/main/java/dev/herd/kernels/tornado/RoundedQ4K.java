package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The sums of {@link RoundedRows} for Q4_K, whose words are loaded four at a time ({@link WideLoads}): the 12 of a piece in three
 * loads, of which the first brings its group's scales. They are decoded once for all tokens, and the next tile's are on their way
 * while those of one are multiplied.
 */
final class RoundedQ4K {
    private static final int LANES = RoundedInputs.LANES;
    private static final int PAIR = RoundedRows.PAIR;
    private static final int GROUP_COLUMNS = 256;
    private static final int GROUP_WORDS = 36;

    /** Words of a group before its levels: two halves, and the small numbers. */
    private static final int SCALE_WORDS = 4;

    /** Words of a piece's levels. */
    private static final int PIECE_WORDS = 8;

    /** Words of a row's tile. */
    private static final int TILE_WORDS = RoundedInputs.TILE / GROUP_COLUMNS * GROUP_WORDS;

    private static final int NIBBLES = 0x0F0F0F0F;

    private RoundedQ4K() {}

    /** See {@link RoundedRows#sums}. */
    static float sums(
            KernelContext context,
            IntArray w,
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
        float[] sums = context.allocateFloatLocalArray(PAIR * most * RoundedRows.STRIDE);
        int item = context.localIdx;
        int lane = item % LANES;
        int rowWords = Weights.rowWords(Weights.Q4_K, columns);
        int first = group * RoundedRows.ROWS + item / LANES * PAIR;
        for (int i = 0; i < PAIR * tokens; i++) {
            sums[i * RoundedRows.STRIDE + item] = 0;
        }
        // Items without a row, or with one only, compute another's as well, and nobody asks for it.
        int row = (matrix + TornadoMath.min(first, rows - 1)) * rowWords;
        int next = (matrix + TornadoMath.min(first + 1, rows - 1)) * rowWords;
        int aAt = row + (lane >> 2) * GROUP_WORDS;
        int bAt = next + (lane >> 2) * GROUP_WORDS;
        int aLevels = aAt + SCALE_WORDS + (lane & 3) * PIECE_WORDS;
        int bLevels = bAt + SCALE_WORDS + (lane & 3) * PIECE_WORDS;
        int end = tokens > 0 ? columns - lane * Pieces.COLUMNS : 0; // of the tiles in which an item has a piece
        int a0 = 0;
        int a1 = 0;
        int a2 = 0;
        int a3 = 0;
        int a4 = 0;
        int a5 = 0;
        int a6 = 0;
        int a7 = 0;
        int a8 = 0;
        int a9 = 0;
        int a10 = 0;
        int a11 = 0;
        int b0 = 0;
        int b1 = 0;
        int b2 = 0;
        int b3 = 0;
        int b4 = 0;
        int b5 = 0;
        int b6 = 0;
        int b7 = 0;
        int b8 = 0;
        int b9 = 0;
        int b10 = 0;
        int b11 = 0;
        if (end > 0) {
            a0 = w.get(aAt + 0);
            a1 = w.get(aAt + 1);
            a2 = w.get(aAt + 2);
            a3 = w.get(aAt + 3);
            a4 = w.get(aLevels + 0);
            a5 = w.get(aLevels + 1);
            a6 = w.get(aLevels + 2);
            a7 = w.get(aLevels + 3);
            a8 = w.get(aLevels + 4);
            a9 = w.get(aLevels + 5);
            a10 = w.get(aLevels + 6);
            a11 = w.get(aLevels + 7);
            b0 = w.get(bAt + 0);
            b1 = w.get(bAt + 1);
            b2 = w.get(bAt + 2);
            b3 = w.get(bAt + 3);
            b4 = w.get(bLevels + 0);
            b5 = w.get(bLevels + 1);
            b6 = w.get(bLevels + 2);
            b7 = w.get(bLevels + 3);
            b8 = w.get(bLevels + 4);
            b9 = w.get(bLevels + 5);
            b10 = w.get(bLevels + 6);
            b11 = w.get(bLevels + 7);
        }
        for (int from = 0; from < end; from += RoundedInputs.TILE) {
            float aFirst = Bits.deviceHalf(a0);
            float aSecond = Bits.deviceHalf(a0 >> 16);
            int aSmall = Pieces.sixBits(a1, a2, a3, lane & 3);
            float aScale0 = aFirst * (aSmall & 63);
            float aScale1 = aFirst * (aSmall >> 8 & 63);
            float aOffset0 = aSecond * (aSmall >> 16 & 63);
            float aOffset1 = aSecond * (aSmall >> 24 & 63);
            int aLow0 = a4 & NIBBLES;
            int aLow1 = a5 & NIBBLES;
            int aLow2 = a6 & NIBBLES;
            int aLow3 = a7 & NIBBLES;
            int aLow4 = a8 & NIBBLES;
            int aLow5 = a9 & NIBBLES;
            int aLow6 = a10 & NIBBLES;
            int aLow7 = a11 & NIBBLES;
            int aHigh0 = a4 >> 4 & NIBBLES;
            int aHigh1 = a5 >> 4 & NIBBLES;
            int aHigh2 = a6 >> 4 & NIBBLES;
            int aHigh3 = a7 >> 4 & NIBBLES;
            int aHigh4 = a8 >> 4 & NIBBLES;
            int aHigh5 = a9 >> 4 & NIBBLES;
            int aHigh6 = a10 >> 4 & NIBBLES;
            int aHigh7 = a11 >> 4 & NIBBLES;
            float bFirst = Bits.deviceHalf(b0);
            float bSecond = Bits.deviceHalf(b0 >> 16);
            int bSmall = Pieces.sixBits(b1, b2, b3, lane & 3);
            float bScale0 = bFirst * (bSmall & 63);
            float bScale1 = bFirst * (bSmall >> 8 & 63);
            float bOffset0 = bSecond * (bSmall >> 16 & 63);
            float bOffset1 = bSecond * (bSmall >> 24 & 63);
            int bLow0 = b4 & NIBBLES;
            int bLow1 = b5 & NIBBLES;
            int bLow2 = b6 & NIBBLES;
            int bLow3 = b7 & NIBBLES;
            int bLow4 = b8 & NIBBLES;
            int bLow5 = b9 & NIBBLES;
            int bLow6 = b10 & NIBBLES;
            int bLow7 = b11 & NIBBLES;
            int bHigh0 = b4 >> 4 & NIBBLES;
            int bHigh1 = b5 >> 4 & NIBBLES;
            int bHigh2 = b6 >> 4 & NIBBLES;
            int bHigh3 = b7 >> 4 & NIBBLES;
            int bHigh4 = b8 >> 4 & NIBBLES;
            int bHigh5 = b9 >> 4 & NIBBLES;
            int bHigh6 = b10 >> 4 & NIBBLES;
            int bHigh7 = b11 >> 4 & NIBBLES;
            int after = from + RoundedInputs.TILE;
            if (after < end) {
                int skip = after / RoundedInputs.TILE * TILE_WORDS;
                a0 = w.get(aAt + skip + 0);
                a1 = w.get(aAt + skip + 1);
                a2 = w.get(aAt + skip + 2);
                a3 = w.get(aAt + skip + 3);
                a4 = w.get(aLevels + skip + 0);
                a5 = w.get(aLevels + skip + 1);
                a6 = w.get(aLevels + skip + 2);
                a7 = w.get(aLevels + skip + 3);
                a8 = w.get(aLevels + skip + 4);
                a9 = w.get(aLevels + skip + 5);
                a10 = w.get(aLevels + skip + 6);
                a11 = w.get(aLevels + skip + 7);
                b0 = w.get(bAt + skip + 0);
                b1 = w.get(bAt + skip + 1);
                b2 = w.get(bAt + skip + 2);
                b3 = w.get(bAt + skip + 3);
                b4 = w.get(bLevels + skip + 0);
                b5 = w.get(bLevels + skip + 1);
                b6 = w.get(bLevels + skip + 2);
                b7 = w.get(bLevels + skip + 3);
                b8 = w.get(bLevels + skip + 4);
                b9 = w.get(bLevels + skip + 5);
                b10 = w.get(bLevels + skip + 6);
                b11 = w.get(bLevels + skip + 7);
            }
            for (int token = 0; token < tokens; token++) {
                int inputs = tile + token * RoundedInputs.tiles(columns) + from / RoundedInputs.TILE;
                int at = inputs * RoundedInputs.WORDS + lane * 4;
                int factor = inputs * RoundedInputs.FACTORS + lane * 4;
                float low = factors.get(factor);
                float high = factors.get(factor + 1);
                float lowSum = factors.get(factor + 2);
                float highSum = factors.get(factor + 3);
                int aa0 = Pieces.fourWords(levels, at, aLow0, aLow1, aLow2, aLow3);
                int aa1 = Pieces.fourWords(levels, at + 64, aLow4, aLow5, aLow6, aLow7);
                int aa2 = Pieces.fourWords(levels, at + 128, aHigh0, aHigh1, aHigh2, aHigh3);
                int aa3 = Pieces.fourWords(levels, at + 192, aHigh4, aHigh5, aHigh6, aHigh7);
                int bb0 = Pieces.fourWords(levels, at, bLow0, bLow1, bLow2, bLow3);
                int bb1 = Pieces.fourWords(levels, at + 64, bLow4, bLow5, bLow6, bLow7);
                int bb2 = Pieces.fourWords(levels, at + 128, bHigh0, bHigh1, bHigh2, bHigh3);
                int bb3 = Pieces.fourWords(levels, at + 192, bHigh4, bHigh5, bHigh6, bHigh7);
                float a = low * aScale0 * (aa0 + aa1)
                        + high * aScale1 * (aa2 + aa3)
                        - aOffset0 * lowSum
                        - aOffset1 * highSum;
                float b = low * bScale0 * (bb0 + bb1)
                        + high * bScale1 * (bb2 + bb3)
                        - bOffset0 * lowSum
                        - bOffset1 * highSum;
                int sum = PAIR * token * RoundedRows.STRIDE + item;
                sums[sum] += a;
                sums[sum + RoundedRows.STRIDE] += b;
            }
        }
        context.localBarrier();
        float total = 0;
        int token = RoundedRows.token(item) - firstToken;
        if (token >= 0) {
            if (token < tokens) {
                int from = (PAIR * token + lane / RoundedRows.TOKENS) * RoundedRows.STRIDE + item - lane;
                for (int i = 0; i < LANES; i++) {
                    total += sums[from + i];
                }
            }
        }
        context.localBarrier();
        return total;
    }
}
