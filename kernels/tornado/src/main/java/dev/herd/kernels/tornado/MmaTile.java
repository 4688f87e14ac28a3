package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The shared part of products on matrix units: 64 tokens by 128 rows of weights per group of four warps, each of which has
 * 32 tokens by 64 rows in registers, added in float. Columns are brought into local memory 64 at a time, inputs as
 * {@link HalfInputs} left them, weights decoded to halves. Weights of 8 bits or fewer meet inputs of 11 significant bits;
 * those of 16, which lose nothing as halves, meet inputs of two halves, in two products.
 */
final class MmaTile {
    /*
     * Local memory. Inputs are the left factor: per run of 16 columns, per 16 tokens, rows of eight words; runs are 8 words
     * further apart than they are long, so that the 32 words of a token, which a warp writes at once, meet 32 banks. Weights
     * are the right factor: per run, per eight rows, a word for two rows in each of the 16 places; these pieces of 64 words
     * are 72 apart, so that what a warp writes at once, two places of four pairs of rows in four pieces, meets 32 banks.
     *
     * What lies outside needs no tests: tokens and rows beyond the last stand for the last, and their products are not
     * written; columns beyond the last are zeros of the inputs, and the weights there are others of the matrix.
     *
     * A kernel cannot look into its sums. They are stored to global memory, each item's to places of its own, which it then
     * reads, where they are scaled and go to the rows that they belong to.
     */
    /** Items of a group: four warps. */
    static final int GROUP = 128;

    /** Tokens of a tile. */
    static final int TOKENS = 64;

    /** Rows of weights of a tile. */
    static final int ROWS = 128;

    /** Columns that are loaded at a time. */
    static final int COLUMNS = 64;

    private static final int WARP = 32;
    private static final int WARPS = GROUP / WARP;
    private static final int UNIT = Weights.UNIT;
    private static final int UNITS = COLUMNS / UNIT;

    /** Words of a token in a run of 16 columns. */
    private static final int WORDS = UNIT / 2;

    /** Words of 16 tokens in a run of 16 columns. */
    private static final int INPUT_PIECE = 16 * WORDS;

    /** Words from one run of columns of the inputs to the next. */
    private static final int INPUT_RUN = TOKENS * WORDS + WORDS;

    /** Words from eight rows of weights in a run of columns to the next eight. */
    private static final int WEIGHT_PIECE = 72;

    /** Words from one run of columns of the weights to the next. */
    private static final int WEIGHT_RUN = ROWS / 8 * WEIGHT_PIECE;

    private static final int Q4_K_WORDS = 36;

    private MmaTile() {}

    /** Rows of the products of {@code rows} rows: whole tiles. */
    static int stride(int rows) {
        return (rows + ROWS - 1) / ROWS * ROWS;
    }

    /**
     * A tile of {@code out[o, r] (+)= Σ_c x[i, c] · w[matrix * rows + r, c]} for inputs {@code [first, first + 64)}, those up
     * to {@code end}, which is beyond {@code first}.
     *
     * @param products {@code [tiles * 64, stride(rows)]}, for what a kernel cannot keep in registers
     * @param x inputs as {@link HalfInputs} left them
     * @param scales what to multiply them by
     * @param w {@code matrices} matrices and their {@link HalfRange}
     * @param order where inputs lie: if {@code perInput} is positive, the n-th one is row {@code order[n] / perInput} of x
     *     and its output row {@code order[n]} of out; if it is {@link Tile#IN_ORDER}, both are row n
     */
    static void multiply(
            KernelContext context,
            FloatArray out,
            FloatArray products,
            IntArray x,
            FloatArray scales,
            IntArray w,
            IntArray order,
            int perInput,
            int format,
            int rows,
            int columns,
            int matrix,
            int matrices,
            int first,
            int end,
            int adds) {
        int[] sources = context.allocateIntLocalArray(TOKENS);
        int[] inputs = context.allocateIntLocalArray(UNITS * INPUT_RUN);
        int[] rests = context.allocateIntLocalArray(UNITS * INPUT_RUN);
        int[] weights = context.allocateIntLocalArray(UNITS * WEIGHT_RUN);
        int item = context.localIdx;
        int warp = item / WARP;
        int lane = item % WARP;
        int warpToken = warp % 2 * 32;
        int warpRow = warp / 2 * 64;
        int firstRow = context.groupIdx * ROWS;
        int slices = (columns + COLUMNS - 1) / COLUMNS;
        int inputWords = HalfInputs.partWords(columns);
        int rowWords = Weights.rowWords(format, columns);
        float range = Bits.single(w.get(matrices * rows * rowWords));

        if (item < TOKENS) {
            int input = TornadoMath.min(first + item, end - 1);
            int source = input;
            if (perInput != Tile.IN_ORDER) {
                source = order.get(input) / perInput;
            }
            sources[item] = source * (2 * inputWords);
        }

        // This item decodes every second quarter of a run of columns of two neighbouring rows.
        int half = item & 1;
        int low = (matrix * rows + TornadoMath.min(firstRow + item / 2 * 2, rows - 1)) * rowWords;
        int high = (matrix * rows + TornadoMath.min(firstRow + item / 2 * 2 + 1, rows - 1)) * rowWords;
        int weightsTo = item / 8 * WEIGHT_PIECE + item / 2 % 4 + 4 * half;
        int inputsTo = lane / WORDS * INPUT_RUN + lane % WORDS;
        float lowScale = 0;
        float lowOffset = 0;
        float highScale = 0;
        float highOffset = 0;

        float[] c00 = context.mmaFragment(0f);
        float[] c01 = context.mmaFragment(0f);
        float[] c02 = context.mmaFragment(0f);
        float[] c03 = context.mmaFragment(0f);
        float[] c04 = context.mmaFragment(0f);
        float[] c05 = context.mmaFragment(0f);
        float[] c06 = context.mmaFragment(0f);
        float[] c07 = context.mmaFragment(0f);
        float[] c10 = context.mmaFragment(0f);
        float[] c11 = context.mmaFragment(0f);
        float[] c12 = context.mmaFragment(0f);
        float[] c13 = context.mmaFragment(0f);
        float[] c14 = context.mmaFragment(0f);
        float[] c15 = context.mmaFragment(0f);
        float[] c16 = context.mmaFragment(0f);
        float[] c17 = context.mmaFragment(0f);
        context.localBarrier();

        for (int slice = 0; slice < slices; slice++) {
            for (int i = 0; i < TOKENS / WARPS; i++) {
                int token = i * WARPS + warp;
                int from = sources[token] + slice * (COLUMNS / 2) + lane;
                inputs[inputsTo + token * WORDS] = x.get(from);
                if (format <= Weights.BF16) {
                    rests[inputsTo + token * WORDS] = x.get(from + inputWords);
                }
            }
            if (format == Weights.Q4_K) {
                int quarter = slice & 3;
                int lowGroup = low + (slice >> 2) * Q4_K_WORDS;
                int highGroup = high + (slice >> 2) * Q4_K_WORDS;
                if (quarter == 0) {
                    int lowHeader = w.get(lowGroup);
                    int highHeader = w.get(highGroup);
                    lowScale = Bits.half(lowHeader) * range;
                    lowOffset = Bits.half(lowHeader >> 16) * range;
                    highScale = Bits.half(highHeader) * range;
                    highOffset = Bits.half(highHeader >> 16) * range;
                }
                int lowScales = sixBits(w, lowGroup + 1, quarter, 0);
                int lowOffsets = sixBits(w, lowGroup + 1, quarter, 1);
                int highScales = sixBits(w, highGroup + 1, quarter, 0);
                int highOffsets = sixBits(w, highGroup + 1, quarter, 1);
                float lowScale0 = lowScale * (lowScales & 255);
                float lowScale1 = lowScale * (lowScales >> 8);
                float lowOffset0 = lowOffset * (lowOffsets & 255);
                float lowOffset1 = lowOffset * (lowOffsets >> 8);
                float highScale0 = highScale * (highScales & 255);
                float highScale1 = highScale * (highScales >> 8);
                float highOffset0 = highOffset * (highOffsets & 255);
                float highOffset1 = highOffset * (highOffsets >> 8);
                for (int t = 0; t < 4; t++) {
                    int lowWord = w.get(lowGroup + 4 + 8 * quarter + 2 * t + half);
                    int highWord = w.get(highGroup + 4 + 8 * quarter + 2 * t + half);
                    int to = weightsTo + t / 2 * WEIGHT_RUN + 8 * (t % 2);
                    for (int i = 0; i < 4; i++) {
                        weights[to + 16 * i] = HalfInputs.pair(
                                lowScale0 * (lowWord >> (8 * i) & 15) - lowOffset0,
                                highScale0 * (highWord >> (8 * i) & 15) - highOffset0);
                        weights[to + 2 * WEIGHT_RUN + 16 * i] = HalfInputs.pair(
                                lowScale1 * (lowWord >> (8 * i + 4) & 15) - lowOffset1,
                                highScale1 * (highWord >> (8 * i + 4) & 15) - highOffset1);
                    }
                }
            } else {
                for (int u = 0; u < UNITS; u++) {
                    int unit = slice * UNITS + u;
                    if (columns % COLUMNS != 0) {
                        unit = TornadoMath.min(unit, (columns - 1) / UNIT);
                    }
                    float lowFactor = Weights.scale(w, format, low, unit) * range;
                    float lowLess = Weights.offset(w, format, low, unit) * range;
                    float highFactor = Weights.scale(w, format, high, unit) * range;
                    float highLess = Weights.offset(w, format, high, unit) * range;
                    for (int t = 0; t < 2; t++) {
                        for (int i = 0; i < 4; i++) {
                            int element = 4 * (2 * t + half) + i;
                            if (columns % UNIT != 0) {
                                element = TornadoMath.min(element, columns - 1 - unit * UNIT);
                            }
                            weights[weightsTo + u * WEIGHT_RUN + 8 * t + 16 * i] = HalfInputs.pair(
                                    lowFactor * Weights.level(w, format, low, unit, element) - lowLess,
                                    highFactor * Weights.level(w, format, high, unit, element) - highLess);
                        }
                    }
                }
            }
            context.localBarrier();
            for (int u = 0; u < UNITS; u++) {
                int a = 4 * (u * INPUT_RUN + warpToken * WORDS);
                int b = 4 * (u * WEIGHT_RUN + warpRow / 8 * WEIGHT_PIECE);
                HalfFloat[] a0 = context.mmaLoadA(inputs, UNIT, a);
                HalfFloat[] a1 = context.mmaLoadA(inputs, UNIT, a + 4 * INPUT_PIECE);
                HalfFloat[] b0 = context.mmaLoadB(weights, UNIT, b);
                HalfFloat[] b1 = context.mmaLoadB(weights, UNIT, b + 4 * WEIGHT_PIECE);
                HalfFloat[] b2 = context.mmaLoadB(weights, UNIT, b + 8 * WEIGHT_PIECE);
                HalfFloat[] b3 = context.mmaLoadB(weights, UNIT, b + 12 * WEIGHT_PIECE);
                HalfFloat[] b4 = context.mmaLoadB(weights, UNIT, b + 16 * WEIGHT_PIECE);
                HalfFloat[] b5 = context.mmaLoadB(weights, UNIT, b + 20 * WEIGHT_PIECE);
                HalfFloat[] b6 = context.mmaLoadB(weights, UNIT, b + 24 * WEIGHT_PIECE);
                HalfFloat[] b7 = context.mmaLoadB(weights, UNIT, b + 28 * WEIGHT_PIECE);
                c00 = context.mma(a0, b0, c00, MMAShape.M16N8K16);
                c10 = context.mma(a1, b0, c10, MMAShape.M16N8K16);
                c01 = context.mma(a0, b1, c01, MMAShape.M16N8K16);
                c11 = context.mma(a1, b1, c11, MMAShape.M16N8K16);
                c02 = context.mma(a0, b2, c02, MMAShape.M16N8K16);
                c12 = context.mma(a1, b2, c12, MMAShape.M16N8K16);
                c03 = context.mma(a0, b3, c03, MMAShape.M16N8K16);
                c13 = context.mma(a1, b3, c13, MMAShape.M16N8K16);
                c04 = context.mma(a0, b4, c04, MMAShape.M16N8K16);
                c14 = context.mma(a1, b4, c14, MMAShape.M16N8K16);
                c05 = context.mma(a0, b5, c05, MMAShape.M16N8K16);
                c15 = context.mma(a1, b5, c15, MMAShape.M16N8K16);
                c06 = context.mma(a0, b6, c06, MMAShape.M16N8K16);
                c16 = context.mma(a1, b6, c16, MMAShape.M16N8K16);
                c07 = context.mma(a0, b7, c07, MMAShape.M16N8K16);
                c17 = context.mma(a1, b7, c17, MMAShape.M16N8K16);
                if (format <= Weights.BF16) {
                    a0 = context.mmaLoadA(rests, UNIT, a);
                    a1 = context.mmaLoadA(rests, UNIT, a + 4 * INPUT_PIECE);
                    c00 = context.mma(a0, b0, c00, MMAShape.M16N8K16);
                    c10 = context.mma(a1, b0, c10, MMAShape.M16N8K16);
                    c01 = context.mma(a0, b1, c01, MMAShape.M16N8K16);
                    c11 = context.mma(a1, b1, c11, MMAShape.M16N8K16);
                    c02 = context.mma(a0, b2, c02, MMAShape.M16N8K16);
                    c12 = context.mma(a1, b2, c12, MMAShape.M16N8K16);
                    c03 = context.mma(a0, b3, c03, MMAShape.M16N8K16);
                    c13 = context.mma(a1, b3, c13, MMAShape.M16N8K16);
                    c04 = context.mma(a0, b4, c04, MMAShape.M16N8K16);
                    c14 = context.mma(a1, b4, c14, MMAShape.M16N8K16);
                    c05 = context.mma(a0, b5, c05, MMAShape.M16N8K16);
                    c15 = context.mma(a1, b5, c15, MMAShape.M16N8K16);
                    c06 = context.mma(a0, b6, c06, MMAShape.M16N8K16);
                    c16 = context.mma(a1, b6, c16, MMAShape.M16N8K16);
                    c07 = context.mma(a0, b7, c07, MMAShape.M16N8K16);
                    c17 = context.mma(a1, b7, c17, MMAShape.M16N8K16);
                }
            }
            context.localBarrier();
        }

        int stride = stride(rows);
        int atToken = context.groupIdy * TOKENS + warpToken;
        int atRow = firstRow + warpRow;
        context.mmaStore(c00, products, atToken, atRow, stride);
        context.mmaStore(c01, products, atToken, atRow + 8, stride);
        context.mmaStore(c02, products, atToken, atRow + 16, stride);
        context.mmaStore(c03, products, atToken, atRow + 24, stride);
        context.mmaStore(c04, products, atToken, atRow + 32, stride);
        context.mmaStore(c05, products, atToken, atRow + 40, stride);
        context.mmaStore(c06, products, atToken, atRow + 48, stride);
        context.mmaStore(c07, products, atToken, atRow + 56, stride);
        context.mmaStore(c10, products, atToken + 16, atRow, stride);
        context.mmaStore(c11, products, atToken + 16, atRow + 8, stride);
        context.mmaStore(c12, products, atToken + 16, atRow + 16, stride);
        context.mmaStore(c13, products, atToken + 16, atRow + 24, stride);
        context.mmaStore(c14, products, atToken + 16, atRow + 32, stride);
        context.mmaStore(c15, products, atToken + 16, atRow + 40, stride);
        context.mmaStore(c16, products, atToken + 16, atRow + 48, stride);
        context.mmaStore(c17, products, atToken + 16, atRow + 56, stride);
        context.localBarrier();
        for (int i = 0; i < 4; i++) {
            int token = 8 * i + lane / 4;
            int input = first + warpToken + token;
            if (input < end) {
                int to = input;
                int source = input;
                if (perInput != Tile.IN_ORDER) {
                    to = order.get(input);
                    source = to / perInput;
                }
                float scale = scales.get(source) / range;
                for (int j = 0; j < 16; j++) {
                    int row = atRow + 8 * (j / 2) + 2 * (lane % 4) + j % 2;
                    if (row < rows) {
                        float sum = scale * products.get((atToken + token) * stride + row);
                        if (adds == 1) {
                            sum += out.get(to * rows + row);
                        }
                        out.set(to * rows + row, sum);
                    }
                }
            }
        }
        context.localBarrier();
    }

    /**
     * The scales (kind 0) or offsets (kind 1) of runs {@code 2 * quarter} and the next of a Q4_K group, eight bits apart; see
     * {@link Weights#sixBitScale}.
     */
    private static int sixBits(IntArray w, int at, int quarter, int kind) {
        int shift = 16 * (quarter & 1);
        int upper = w.get(at + kind) >>> shift;
        int lower = w.get(at + 2) >>> (shift + 4 * kind);
        int both = upper & 0x3F3F;
        if (quarter > 1) {
            both = (lower & 0x0F0F) | (upper >>> 2 & 0x3030);
        }
        return both;
    }
}
