package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The shared part of products on matrix units: a tile of 64 or 128 tokens by 128 rows of weights per group of two or four
 * warps, each of which has 64 tokens by 64 rows in registers, added in float. Columns are brought into local memory 32 at a
 * time, inputs as {@link HalfInputs} left them, weights decoded to halves. Weights of 8 bits or fewer meet inputs of 11
 * significant bits; those of 16, which lose nothing as halves, meet inputs of two halves, in two products.
 */
final class MmaTile {
    /*
     * Local memory holds two slices of columns. While warps multiply one, the words of the next are on their way from global
     * memory, none of which is looked at before; they are decoded into the other before the only barrier of a round.
     *
     * Inputs are the left factor: per run of 16 columns rows of eight words, one for each token; runs are 16 words further
     * apart than they are long, so that the four words each of two tokens and two runs, which eight items write at once, meet
     * 32 banks. The halves of four rows in turn are the other way round, so that the four words each of eight tokens, which a
     * warp reads at once, do so, too. Weights are the right factor: per run, per eight rows, a word for two rows in each of the
     * 16 places; these pieces of 64 words are so far apart that what a warp writes at once meets 32 banks.
     *
     * A slice is two runs of 16 columns; in Q4_K those whose levels share words, which are 32 columns apart. Scales and offsets
     * of a Q4_K group are worked out once for its eight slices, and lie in local memory.
     *
     * What lies outside needs no tests: tokens and rows beyond the last stand for the last, and their products are not
     * written; columns beyond the last are zeros of the inputs, and the weights there are others of the matrix. In the first
     * round zeros are multiplied, in the last one a slice is decoded for nobody: sums may be carried by loops, but not by
     * branches.
     *
     * A kernel cannot look into its sums. They are stored to global memory, each item's to places of its own, which it then
     * reads, where they are scaled and go to the rows that they belong to.
     */
    private static final int WARP = 32;
    private static final int UNIT = Weights.UNIT;
    private static final int ROWS = MmaGeometry.ROWS;

    /** Tokens, and rows, of a warp. */
    private static final int SIDE = MmaGeometry.SIDE;

    /** Runs of 16 columns that are loaded at a time. */
    private static final int UNITS = 2;

    /** Words of a token in a run of 16 columns. */
    private static final int WORDS = UNIT / 2;

    /** Bytes of 16 tokens in a run of 16 columns. */
    private static final int INPUT_PIECE = 16 * WORDS * Integer.BYTES;

    private static final int Q4_K_WORDS = 36;

    /** Runs of a Q4_K group that have a scale and an offset each. */
    private static final int RUNS = 8;

    private static final int GROUP_SLICES = MmaGeometry.GROUP_SLICES;

    private MmaTile() {}

    /**
     * A tile of {@code out[o, r] (+)= Σ_c x[i, c] · w[matrix * rows + r, c]} for inputs {@code [first, first + tile)}, those up
     * to {@code end}, which is beyond {@code first}.
     *
     * <p>Twins: those of the kernels that call it.
     *
     * @param out {@code [outputs, rows]}, overwritten, or added to
     * @param products {@code [tiles * tile, stride(rows)]}, for what a kernel cannot keep in registers
     * @param x inputs as {@link HalfInputs} left them
     * @param scales what to multiply them by
     * @param w {@code matrices} matrices and their {@link HalfRange}
     * @param order where inputs lie: if {@code perInput} is positive, the n-th one is row {@code order[n] / perInput} of x
     *     and its output row {@code order[n]} of out; if it is {@link Tile#IN_ORDER}, both are row n
     * @param tile tokens of the tile, 64 or 128
     * @param place the tile of {@code products} that this is
     * @param share which of {@code shares} equal shares of the columns is multiplied; if there are several, the sums of each
     *     are left in its {@code products}
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
            int tile,
            int matrix,
            int matrices,
            int first,
            int end,
            int place,
            int share,
            int shares,
            int adds) {
        int parts = tile / SIDE; // items that share two rows of weights
        int halves = MmaGeometry.halves(format);
        int inputRun = tile * WORDS + 16;
        int piece = 64 + 4 * parts;
        int weightRun = ROWS / 8 * piece;
        int[] inputs = context.allocateIntLocalArray(2 * MmaGeometry.halves(format) * UNITS * (tile * WORDS + 16));
        int[] weights = context.allocateIntLocalArray(2 * UNITS * (ROWS / 8 * (64 + 4 * (tile / SIDE))));
        float[] factors = context.allocateFloatLocalArray(2 * RUNS * ROWS);
        int item = context.localIdx;
        int warp = item / WARP;
        int lane = item % WARP;
        int warpToken = warp % parts * SIDE;
        int warpRow = warp / parts * SIDE;
        int swapped = MmaSums.swapped(lane);
        int firstRow = context.groupIdx * ROWS;
        int slices = (columns + MmaGeometry.COLUMNS - 1) / MmaGeometry.COLUMNS * 2;
        int groups = (slices + GROUP_SLICES - 1) / GROUP_SLICES;
        int start = groups * share / shares * GROUP_SLICES;
        int stop = TornadoMath.min(slices, groups * (share + 1) / shares * GROUP_SLICES);
        int inputWords = HalfInputs.partWords(columns);
        int rowWords = Weights.rowWords(format, columns);
        int rangeBits = w.get(matrices * rows * rowWords);
        float range = Bits.single(rangeBits);
        int nothing = rangeBits << 9; // of a power of two all but sign and exponent

        // This item copies four words of inputs of four tokens, and decodes two quarters of a run, or all four, of two
        // neighbouring rows.
        int copied = item >> 2; // the first of the tokens
        int copies = tile / 4; // from one of them to the next
        int run = item >> 1 & 1;
        int inputsTo = run * inputRun + MmaSums.eights(copied, item & 1) + copied * WORDS;
        int rowFrom = 2 * inputWords;
        int source0 = MmaSums.source(order, perInput, first + copied, end) * rowFrom;
        int source1 = MmaSums.source(order, perInput, first + copied + copies, end) * rowFrom;
        int source2 = MmaSums.source(order, perInput, first + copied + 2 * copies, end) * rowFrom;
        int source3 = MmaSums.source(order, perInput, first + copied + 3 * copies, end) * rowFrom;
        int firstWord = start * (UNITS * WORDS) + (item & 1) * 4;
        int part = item % parts;
        int pair = item / parts;
        int low = (matrix * rows + TornadoMath.min(firstRow + 2 * pair, rows - 1)) * rowWords;
        int high = (matrix * rows + TornadoMath.min(firstRow + 2 * pair + 1, rows - 1)) * rowWords;
        int weightsTo = pair / 4 * piece + pair % 4 + 4 * part;
        // And the scales and offsets of one row, or two, of a Q4_K group.
        int scaled = (matrix * rows + TornadoMath.min(firstRow + item, rows - 1)) * rowWords;
        int scaledToo = (matrix * rows + TornadoMath.min(firstRow + item + SIDE, rows - 1)) * rowWords;

        for (int i = item; i < halves * UNITS * inputRun; i += tile) {
            inputs[halves * UNITS * inputRun + i] = 0;
        }
        for (int i = item; i < UNITS * weightRun; i += tile) {
            weights[UNITS * weightRun + i] = 0;
        }

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
        float[] c20 = context.mmaFragment(0f);
        float[] c21 = context.mmaFragment(0f);
        float[] c22 = context.mmaFragment(0f);
        float[] c23 = context.mmaFragment(0f);
        float[] c24 = context.mmaFragment(0f);
        float[] c25 = context.mmaFragment(0f);
        float[] c26 = context.mmaFragment(0f);
        float[] c27 = context.mmaFragment(0f);
        float[] c30 = context.mmaFragment(0f);
        float[] c31 = context.mmaFragment(0f);
        float[] c32 = context.mmaFragment(0f);
        float[] c33 = context.mmaFragment(0f);
        float[] c34 = context.mmaFragment(0f);
        float[] c35 = context.mmaFragment(0f);
        float[] c36 = context.mmaFragment(0f);
        float[] c37 = context.mmaFragment(0f);
        context.localBarrier();

        if (format == Weights.Q4_K) {
            int group = (start / GROUP_SLICES) * Q4_K_WORDS;
            low += group;
            high += group;
            scaled += group;
            scaledToo += group;
        }
        int count = stop - start;
        for (int round = 0; round <= slices; round++) {
            if (round > count) {
                break; // a loop with a number of rounds that is not compiled in takes more registers
            }
            int to = round & 1;
            int slice = TornadoMath.min(round, count - 1);
            int from = firstWord + (2 * slice + run) * WORDS;
            if (format == Weights.Q4_K) {
                from = firstWord + ((slice >> 1) * 4 + (slice & 1) + 2 * run) * WORDS;
            }
            int x00 = x.get(source0 + from);
            int x01 = x.get(source0 + from + 1);
            int x02 = x.get(source0 + from + 2);
            int x03 = x.get(source0 + from + 3);
            int x10 = x.get(source1 + from);
            int x11 = x.get(source1 + from + 1);
            int x12 = x.get(source1 + from + 2);
            int x13 = x.get(source1 + from + 3);
            int x20 = x.get(source2 + from);
            int x21 = x.get(source2 + from + 1);
            int x22 = x.get(source2 + from + 2);
            int x23 = x.get(source2 + from + 3);
            int x30 = x.get(source3 + from);
            int x31 = x.get(source3 + from + 1);
            int x32 = x.get(source3 + from + 2);
            int x33 = x.get(source3 + from + 3);
            int low0 = 0;
            int low1 = 0;
            int low2 = 0;
            int low3 = 0;
            int high0 = 0;
            int high1 = 0;
            int high2 = 0;
            int high3 = 0;
            int header = 0;
            int scaleBits = 0;
            int offsetBits = 0;
            int restBits = 0;
            int headerToo = 0;
            int scaleBitsToo = 0;
            int offsetBitsToo = 0;
            int restBitsToo = 0;
            if (format == Weights.Q4_K) {
                int group = (slice >> 3) * Q4_K_WORDS;
                int word = group + 4 + (slice & 7) * 4;
                low0 = w.get(low + word + part);
                low1 = w.get(low + word + part + parts);
                high0 = w.get(high + word + part);
                high1 = w.get(high + word + part + parts);
                if (parts == 1) {
                    low2 = w.get(low + word + 2);
                    low3 = w.get(low + word + 3);
                    high2 = w.get(high + word + 2);
                    high3 = w.get(high + word + 3);
                }
                if ((slice & 7) == 0) {
                    header = w.get(scaled + group);
                    scaleBits = w.get(scaled + group + 1);
                    offsetBits = w.get(scaled + group + 2);
                    restBits = w.get(scaled + group + 3);
                    if (parts == 1) {
                        headerToo = w.get(scaledToo + group);
                        scaleBitsToo = w.get(scaledToo + group + 1);
                        offsetBitsToo = w.get(scaledToo + group + 2);
                        restBitsToo = w.get(scaledToo + group + 3);
                    }
                }
            }
            for (int u = 0; u < halves * UNITS; u++) {
                int a = 4 * (((1 - to) * halves * UNITS + u) * inputRun + warpToken * WORDS) + swapped;
                int b = 4 * (((1 - to) * UNITS + u % UNITS) * weightRun + warpRow / 8 * piece);
                HalfFloat[] a0 = context.mmaLoadA(inputs, UNIT, a);
                HalfFloat[] a1 = context.mmaLoadA(inputs, UNIT, a + INPUT_PIECE);
                HalfFloat[] a2 = context.mmaLoadA(inputs, UNIT, a + 2 * INPUT_PIECE);
                HalfFloat[] a3 = context.mmaLoadA(inputs, UNIT, a + 3 * INPUT_PIECE);
                HalfFloat[] b0 = context.mmaLoadB(weights, UNIT, b);
                c00 = context.mma(a0, b0, c00, MMAShape.M16N8K16);
                c10 = context.mma(a1, b0, c10, MMAShape.M16N8K16);
                c20 = context.mma(a2, b0, c20, MMAShape.M16N8K16);
                c30 = context.mma(a3, b0, c30, MMAShape.M16N8K16);
                HalfFloat[] b1 = context.mmaLoadB(weights, UNIT, b + 4 * piece);
                c01 = context.mma(a0, b1, c01, MMAShape.M16N8K16);
                c11 = context.mma(a1, b1, c11, MMAShape.M16N8K16);
                c21 = context.mma(a2, b1, c21, MMAShape.M16N8K16);
                c31 = context.mma(a3, b1, c31, MMAShape.M16N8K16);
                HalfFloat[] b2 = context.mmaLoadB(weights, UNIT, b + 8 * piece);
                c02 = context.mma(a0, b2, c02, MMAShape.M16N8K16);
                c12 = context.mma(a1, b2, c12, MMAShape.M16N8K16);
                c22 = context.mma(a2, b2, c22, MMAShape.M16N8K16);
                c32 = context.mma(a3, b2, c32, MMAShape.M16N8K16);
                HalfFloat[] b3 = context.mmaLoadB(weights, UNIT, b + 12 * piece);
                c03 = context.mma(a0, b3, c03, MMAShape.M16N8K16);
                c13 = context.mma(a1, b3, c13, MMAShape.M16N8K16);
                c23 = context.mma(a2, b3, c23, MMAShape.M16N8K16);
                c33 = context.mma(a3, b3, c33, MMAShape.M16N8K16);
                HalfFloat[] b4 = context.mmaLoadB(weights, UNIT, b + 16 * piece);
                c04 = context.mma(a0, b4, c04, MMAShape.M16N8K16);
                c14 = context.mma(a1, b4, c14, MMAShape.M16N8K16);
                c24 = context.mma(a2, b4, c24, MMAShape.M16N8K16);
                c34 = context.mma(a3, b4, c34, MMAShape.M16N8K16);
                HalfFloat[] b5 = context.mmaLoadB(weights, UNIT, b + 20 * piece);
                c05 = context.mma(a0, b5, c05, MMAShape.M16N8K16);
                c15 = context.mma(a1, b5, c15, MMAShape.M16N8K16);
                c25 = context.mma(a2, b5, c25, MMAShape.M16N8K16);
                c35 = context.mma(a3, b5, c35, MMAShape.M16N8K16);
                HalfFloat[] b6 = context.mmaLoadB(weights, UNIT, b + 24 * piece);
                c06 = context.mma(a0, b6, c06, MMAShape.M16N8K16);
                c16 = context.mma(a1, b6, c16, MMAShape.M16N8K16);
                c26 = context.mma(a2, b6, c26, MMAShape.M16N8K16);
                c36 = context.mma(a3, b6, c36, MMAShape.M16N8K16);
                HalfFloat[] b7 = context.mmaLoadB(weights, UNIT, b + 28 * piece);
                c07 = context.mma(a0, b7, c07, MMAShape.M16N8K16);
                c17 = context.mma(a1, b7, c17, MMAShape.M16N8K16);
                c27 = context.mma(a2, b7, c27, MMAShape.M16N8K16);
                c37 = context.mma(a3, b7, c37, MMAShape.M16N8K16);
            }
            int inputTo = to * halves * UNITS * inputRun + inputsTo;
            inputs[inputTo] = x00;
            inputs[inputTo + 1] = x01;
            inputs[inputTo + 2] = x02;
            inputs[inputTo + 3] = x03;
            inputs[inputTo + 1 * copies * WORDS] = x10;
            inputs[inputTo + 1 * copies * WORDS + 1] = x11;
            inputs[inputTo + 1 * copies * WORDS + 2] = x12;
            inputs[inputTo + 1 * copies * WORDS + 3] = x13;
            inputs[inputTo + 2 * copies * WORDS] = x20;
            inputs[inputTo + 2 * copies * WORDS + 1] = x21;
            inputs[inputTo + 2 * copies * WORDS + 2] = x22;
            inputs[inputTo + 2 * copies * WORDS + 3] = x23;
            inputs[inputTo + 3 * copies * WORDS] = x30;
            inputs[inputTo + 3 * copies * WORDS + 1] = x31;
            inputs[inputTo + 3 * copies * WORDS + 2] = x32;
            inputs[inputTo + 3 * copies * WORDS + 3] = x33;
            if (halves == 2) {
                int rest = from + inputWords;
                int restTo = inputTo + UNITS * inputRun;
                for (int i = 0; i < 4; i++) {
                    inputs[restTo + i] = x.get(source0 + rest + i);
                    inputs[restTo + copies * WORDS + i] = x.get(source1 + rest + i);
                    inputs[restTo + 2 * copies * WORDS + i] = x.get(source2 + rest + i);
                    inputs[restTo + 3 * copies * WORDS + i] = x.get(source3 + rest + i);
                }
            }
            int weightTo = to * UNITS * weightRun + weightsTo;
            if (format == Weights.Q4_K) {
                if ((slice & 7) == 0) {
                    float scale = Bits.deviceHalf(header) * range;
                    float offset = Bits.deviceHalf(header >> 16) * range;
                    for (int i = 0; i < RUNS; i++) {
                        int at = i * ROWS + item;
                        factors[at] = MmaSums.factor(scale * Weights.sixBits(scaleBits, restBits, i, 0), i);
                        factors[at + RUNS * ROWS] = offset * Weights.sixBits(offsetBits, restBits, i, 1);
                    }
                    if (parts == 1) {
                        float scaleToo = Bits.deviceHalf(headerToo) * range;
                        float offsetToo = Bits.deviceHalf(headerToo >> 16) * range;
                        for (int i = 0; i < RUNS; i++) {
                            int at = i * ROWS + item + SIDE;
                            factors[at] =
                                    MmaSums.factor(scaleToo * Weights.sixBits(scaleBitsToo, restBitsToo, i, 0), i);
                            factors[at + RUNS * ROWS] = offsetToo * Weights.sixBits(offsetBitsToo, restBitsToo, i, 1);
                        }
                    }
                    context.localBarrier();
                }
                int factor = (slice >> 1 & 3) * (2 * ROWS) + 2 * pair;
                float lowFactor0 = factors[factor];
                float highFactor0 = factors[factor + 1];
                float lowFactor1 = factors[factor + ROWS];
                float highFactor1 = factors[factor + ROWS + 1];
                float lowOffset0 = factors[factor + RUNS * ROWS];
                float highOffset0 = factors[factor + RUNS * ROWS + 1];
                float lowOffset1 = factors[factor + RUNS * ROWS + ROWS];
                float highOffset1 = factors[factor + RUNS * ROWS + ROWS + 1];
                for (int i = 0; i < 4; i++) {
                    int at = weightTo + 16 * i;
                    int more = at + weightRun;
                    weights[at] = MmaSums.decoded(
                            low0, high0, MmaSums.LOW, nothing, i, lowFactor0, lowOffset0, highFactor0, highOffset0);
                    weights[more] = MmaSums.decoded(
                            low0, high0, MmaSums.HIGH, nothing, i, lowFactor1, lowOffset1, highFactor1, highOffset1);
                    weights[at + 4 * parts] = MmaSums.decoded(
                            low1, high1, MmaSums.LOW, nothing, i, lowFactor0, lowOffset0, highFactor0, highOffset0);
                    weights[more + 4 * parts] = MmaSums.decoded(
                            low1, high1, MmaSums.HIGH, nothing, i, lowFactor1, lowOffset1, highFactor1, highOffset1);
                    if (parts == 1) {
                        weights[at + 8] = MmaSums.decoded(
                                low2, high2, MmaSums.LOW, nothing, i, lowFactor0, lowOffset0, highFactor0, highOffset0);
                        weights[more + 8] = MmaSums.decoded(
                                low2,
                                high2,
                                MmaSums.HIGH,
                                nothing,
                                i,
                                lowFactor1,
                                lowOffset1,
                                highFactor1,
                                highOffset1);
                        weights[at + 12] = MmaSums.decoded(
                                low3, high3, MmaSums.LOW, nothing, i, lowFactor0, lowOffset0, highFactor0, highOffset0);
                        weights[more + 12] = MmaSums.decoded(
                                low3,
                                high3,
                                MmaSums.HIGH,
                                nothing,
                                i,
                                lowFactor1,
                                lowOffset1,
                                highFactor1,
                                highOffset1);
                    }
                }
            } else {
                for (int u = 0; u < UNITS; u++) {
                    int decoded = TornadoMath.min((start + slice) * UNITS + u, (columns - 1) / UNIT);
                    float lowFactor = Weights.scale(w, format, low, decoded) * range;
                    float lowLess = Weights.offset(w, format, low, decoded) * range;
                    float highFactor = Weights.scale(w, format, high, decoded) * range;
                    float highLess = Weights.offset(w, format, high, decoded) * range;
                    for (int quarter = part; quarter < 4; quarter += parts) {
                        for (int i = 0; i < 4; i++) {
                            int element = 4 * quarter + i;
                            if (columns % UNIT != 0) {
                                element = TornadoMath.min(element, columns - 1 - decoded * UNIT);
                            }
                            weights[weightTo + u * weightRun + 4 * (quarter - part) + 16 * i] = HalfInputs.pair(
                                    lowFactor * Weights.level(w, format, low, decoded, element) - lowLess,
                                    highFactor * Weights.level(w, format, high, decoded, element) - highLess);
                        }
                    }
                }
            }
            context.localBarrier();
        }

        int stride = MmaGeometry.stride(rows);
        int atToken = place * tile + warpToken;
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
        context.mmaStore(c20, products, atToken + 32, atRow, stride);
        context.mmaStore(c21, products, atToken + 32, atRow + 8, stride);
        context.mmaStore(c22, products, atToken + 32, atRow + 16, stride);
        context.mmaStore(c23, products, atToken + 32, atRow + 24, stride);
        context.mmaStore(c24, products, atToken + 32, atRow + 32, stride);
        context.mmaStore(c25, products, atToken + 32, atRow + 40, stride);
        context.mmaStore(c26, products, atToken + 32, atRow + 48, stride);
        context.mmaStore(c27, products, atToken + 32, atRow + 56, stride);
        context.mmaStore(c30, products, atToken + 48, atRow, stride);
        context.mmaStore(c31, products, atToken + 48, atRow + 8, stride);
        context.mmaStore(c32, products, atToken + 48, atRow + 16, stride);
        context.mmaStore(c33, products, atToken + 48, atRow + 24, stride);
        context.mmaStore(c34, products, atToken + 48, atRow + 32, stride);
        context.mmaStore(c35, products, atToken + 48, atRow + 40, stride);
        context.mmaStore(c36, products, atToken + 48, atRow + 48, stride);
        context.mmaStore(c37, products, atToken + 48, atRow + 56, stride);
        context.localBarrier();
        if (shares == 1) {
            MmaSums.put(
                    out,
                    products,
                    scales,
                    order,
                    perInput,
                    range,
                    rows,
                    first + warpToken,
                    end,
                    atToken,
                    atRow,
                    lane,
                    adds);
        }
        context.localBarrier();
    }
}
