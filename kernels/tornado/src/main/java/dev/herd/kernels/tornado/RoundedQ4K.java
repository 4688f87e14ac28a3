package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The sums of {@link RoundedRows} for Q4_K, whose groups of 36 words would have each load of an item's piece touch as many lines of
 * the cache as it has groups. So words come from memory as they lie there, side by side, a tile of 1024 columns of both rows in 18
 * loads of an item, and pieces are read from local memory. The next tile is on its way while one is multiplied. A group is one
 * warp, so that its barriers wait for nobody.
 */
final class RoundedQ4K {
    private static final int LANES = RoundedInputs.LANES;
    private static final int PAIR = RoundedRows.PAIR;
    private static final int GROUP_COLUMNS = 256;
    private static final int GROUP_WORDS = 36;

    /** Words of a group in local memory, an odd number against bank conflicts. */
    private static final int STAGED = GROUP_WORDS + 1;

    /** Words of a row's tile in local memory. */
    private static final int ROW = RoundedInputs.TILE / GROUP_COLUMNS * STAGED;

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
        int[] staged = context.allocateIntLocalArray(RoundedRows.GROUP / LANES * PAIR * ROW);
        int item = context.localIdx;
        int lane = item % LANES;
        int rowWords = Weights.rowWords(Weights.Q4_K, columns);
        int first = group * RoundedRows.ROWS + item / LANES * PAIR;
        for (int i = 0; i < PAIR * tokens; i++) {
            sums[i * RoundedRows.STRIDE + item] = 0;
        }
        context.localBarrier();
        // Items without a row, or with one only, compute another's as well, and nobody asks for it.
        int row = (matrix + TornadoMath.min(first, rows - 1)) * rowWords;
        int next = (matrix + TornadoMath.min(first + 1, rows - 1)) * rowWords;
        int own = item / LANES * PAIR * ROW;
        int end = tokens > 0 ? columns : 0;
        int a0 = 0;
        int a1 = 0;
        int a2 = 0;
        int a3 = 0;
        int a4 = 0;
        int a5 = 0;
        int a6 = 0;
        int a7 = 0;
        int a8 = 0;
        int b0 = 0;
        int b1 = 0;
        int b2 = 0;
        int b3 = 0;
        int b4 = 0;
        int b5 = 0;
        int b6 = 0;
        int b7 = 0;
        int b8 = 0;
        if (end > 0) {
            a0 = w.get(at(row + 0, 0, lane, row + rowWords, columns));
            a1 = w.get(at(row + 0, 16, lane, row + rowWords, columns));
            a2 = w.get(at(row + 0, 32, lane, row + rowWords, columns));
            a3 = w.get(at(row + 0, 48, lane, row + rowWords, columns));
            a4 = w.get(at(row + 0, 64, lane, row + rowWords, columns));
            a5 = w.get(at(row + 0, 80, lane, row + rowWords, columns));
            a6 = w.get(at(row + 0, 96, lane, row + rowWords, columns));
            a7 = w.get(at(row + 0, 112, lane, row + rowWords, columns));
            a8 = w.get(at(row + 0, 128, lane, row + rowWords, columns));
            b0 = w.get(at(next + 0, 0, lane, next + rowWords, columns));
            b1 = w.get(at(next + 0, 16, lane, next + rowWords, columns));
            b2 = w.get(at(next + 0, 32, lane, next + rowWords, columns));
            b3 = w.get(at(next + 0, 48, lane, next + rowWords, columns));
            b4 = w.get(at(next + 0, 64, lane, next + rowWords, columns));
            b5 = w.get(at(next + 0, 80, lane, next + rowWords, columns));
            b6 = w.get(at(next + 0, 96, lane, next + rowWords, columns));
            b7 = w.get(at(next + 0, 112, lane, next + rowWords, columns));
            b8 = w.get(at(next + 0, 128, lane, next + rowWords, columns));
        }
        for (int from = 0; from < end; from += RoundedInputs.TILE) {
            staged[own + place(0 + lane)] = a0;
            staged[own + place(16 + lane)] = a1;
            staged[own + place(32 + lane)] = a2;
            staged[own + place(48 + lane)] = a3;
            staged[own + place(64 + lane)] = a4;
            staged[own + place(80 + lane)] = a5;
            staged[own + place(96 + lane)] = a6;
            staged[own + place(112 + lane)] = a7;
            staged[own + place(128 + lane)] = a8;
            staged[own + ROW + place(0 + lane)] = b0;
            staged[own + ROW + place(16 + lane)] = b1;
            staged[own + ROW + place(32 + lane)] = b2;
            staged[own + ROW + place(48 + lane)] = b3;
            staged[own + ROW + place(64 + lane)] = b4;
            staged[own + ROW + place(80 + lane)] = b5;
            staged[own + ROW + place(96 + lane)] = b6;
            staged[own + ROW + place(112 + lane)] = b7;
            staged[own + ROW + place(128 + lane)] = b8;
            context.localBarrier();
            int after = (from + RoundedInputs.TILE) / GROUP_COLUMNS * GROUP_WORDS;
            if (after < rowWords) {
                a0 = w.get(at(row + after, 0, lane, row + rowWords, columns));
                a1 = w.get(at(row + after, 16, lane, row + rowWords, columns));
                a2 = w.get(at(row + after, 32, lane, row + rowWords, columns));
                a3 = w.get(at(row + after, 48, lane, row + rowWords, columns));
                a4 = w.get(at(row + after, 64, lane, row + rowWords, columns));
                a5 = w.get(at(row + after, 80, lane, row + rowWords, columns));
                a6 = w.get(at(row + after, 96, lane, row + rowWords, columns));
                a7 = w.get(at(row + after, 112, lane, row + rowWords, columns));
                a8 = w.get(at(row + after, 128, lane, row + rowWords, columns));
                b0 = w.get(at(next + after, 0, lane, next + rowWords, columns));
                b1 = w.get(at(next + after, 16, lane, next + rowWords, columns));
                b2 = w.get(at(next + after, 32, lane, next + rowWords, columns));
                b3 = w.get(at(next + after, 48, lane, next + rowWords, columns));
                b4 = w.get(at(next + after, 64, lane, next + rowWords, columns));
                b5 = w.get(at(next + after, 80, lane, next + rowWords, columns));
                b6 = w.get(at(next + after, 96, lane, next + rowWords, columns));
                b7 = w.get(at(next + after, 112, lane, next + rowWords, columns));
                b8 = w.get(at(next + after, 128, lane, next + rowWords, columns));
            }
            if (from + lane * Pieces.COLUMNS < columns) {
                int piece = lane & 3;
                int aGroup = own + (lane >> 2) * STAGED;
                int aHalves = staged[aGroup];
                int aSmall = Pieces.sixBits(staged[aGroup + 1], staged[aGroup + 2], staged[aGroup + 3], piece);
                int aWords = aGroup + 4 + 8 * piece;
                int aWord0 = staged[aWords + 0];
                int aWord1 = staged[aWords + 1];
                int aWord2 = staged[aWords + 2];
                int aWord3 = staged[aWords + 3];
                int aWord4 = staged[aWords + 4];
                int aWord5 = staged[aWords + 5];
                int aWord6 = staged[aWords + 6];
                int aWord7 = staged[aWords + 7];
                float aFirst = Bits.half(aHalves);
                float aSecond = Bits.half(aHalves >> 16);
                float aScale0 = aFirst * (aSmall & 63);
                float aScale1 = aFirst * (aSmall >> 8 & 63);
                float aOffset0 = aSecond * (aSmall >> 16 & 63);
                float aOffset1 = aSecond * (aSmall >> 24 & 63);
                int bGroup = own + ROW + (lane >> 2) * STAGED;
                int bHalves = staged[bGroup];
                int bSmall = Pieces.sixBits(staged[bGroup + 1], staged[bGroup + 2], staged[bGroup + 3], piece);
                int bWords = bGroup + 4 + 8 * piece;
                int bWord0 = staged[bWords + 0];
                int bWord1 = staged[bWords + 1];
                int bWord2 = staged[bWords + 2];
                int bWord3 = staged[bWords + 3];
                int bWord4 = staged[bWords + 4];
                int bWord5 = staged[bWords + 5];
                int bWord6 = staged[bWords + 6];
                int bWord7 = staged[bWords + 7];
                float bFirst = Bits.half(bHalves);
                float bSecond = Bits.half(bHalves >> 16);
                float bScale0 = bFirst * (bSmall & 63);
                float bScale1 = bFirst * (bSmall >> 8 & 63);
                float bOffset0 = bSecond * (bSmall >> 16 & 63);
                float bOffset1 = bSecond * (bSmall >> 24 & 63);
                for (int token = 0; token < tokens; token++) {
                    int inputs = tile + token * RoundedInputs.tiles(columns) + from / RoundedInputs.TILE;
                    int at = inputs * RoundedInputs.WORDS + lane;
                    int factor = inputs * RoundedInputs.FACTORS + lane;
                    float low = factors.get(factor);
                    float high = factors.get(factor + LANES);
                    float lowSum = factors.get(factor + 2 * LANES);
                    float highSum = factors.get(factor + 3 * LANES);
                    int aa0 = Pieces.fourWords(
                            levels, at, aWord0 & NIBBLES, aWord1 & NIBBLES, aWord2 & NIBBLES, aWord3 & NIBBLES);
                    int aa1 = Pieces.fourWords(
                            levels, at + 64, aWord4 & NIBBLES, aWord5 & NIBBLES, aWord6 & NIBBLES, aWord7 & NIBBLES);
                    int aa2 = Pieces.fourWords(
                            levels,
                            at + 128,
                            aWord0 >> 4 & NIBBLES,
                            aWord1 >> 4 & NIBBLES,
                            aWord2 >> 4 & NIBBLES,
                            aWord3 >> 4 & NIBBLES);
                    int aa3 = Pieces.fourWords(
                            levels,
                            at + 192,
                            aWord4 >> 4 & NIBBLES,
                            aWord5 >> 4 & NIBBLES,
                            aWord6 >> 4 & NIBBLES,
                            aWord7 >> 4 & NIBBLES);
                    int bb0 = Pieces.fourWords(
                            levels, at, bWord0 & NIBBLES, bWord1 & NIBBLES, bWord2 & NIBBLES, bWord3 & NIBBLES);
                    int bb1 = Pieces.fourWords(
                            levels, at + 64, bWord4 & NIBBLES, bWord5 & NIBBLES, bWord6 & NIBBLES, bWord7 & NIBBLES);
                    int bb2 = Pieces.fourWords(
                            levels,
                            at + 128,
                            bWord0 >> 4 & NIBBLES,
                            bWord1 >> 4 & NIBBLES,
                            bWord2 >> 4 & NIBBLES,
                            bWord3 >> 4 & NIBBLES);
                    int bb3 = Pieces.fourWords(
                            levels,
                            at + 192,
                            bWord4 >> 4 & NIBBLES,
                            bWord5 >> 4 & NIBBLES,
                            bWord6 >> 4 & NIBBLES,
                            bWord7 >> 4 & NIBBLES);
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
        }
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

    /** Word {@code k + lane} of a tile; where a row ends within it, no word behind. */
    private static int at(int words, int k, int lane, int end, int columns) {
        int at = words + k + lane;
        return columns % RoundedInputs.TILE == 0 ? at : TornadoMath.min(at, end - 1);
    }

    /** Where a word of a tile is in local memory: a gap behind each group. */
    private static int place(int word) {
        return word + ((word * 57) >> 11); // by 36
    }
}
