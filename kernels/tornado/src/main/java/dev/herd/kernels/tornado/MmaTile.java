package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The shared part of products on matrix units: a tile of 64 or 128 tokens by 128 rows of weights per group of four or eight
 * warps, each of which has 32 tokens by 64 rows in registers, added in float. Columns are brought into local memory 32 at a
 * time, inputs as {@link HalfInputs} left them, weights decoded to halves. Weights of 8 bits or fewer meet inputs of 11
 * significant bits; those of 16, which lose nothing as halves, meet inputs of two halves, in two products.
 */
final class MmaTile {
    /*
     * Local memory holds two slices of columns. While warps multiply one, the words of the next are on their way from global
     * memory, none of which is looked at before; they are decoded into the other before the only barrier of a round.
     *
     * Inputs are the left factor: per run of 16 columns rows of eight words, one for each token; runs are 16 words further
     * apart than they are long, so that the 16 words each of two tokens, which a warp writes at once, meet 32 banks. Weights are
     * the right factor: per run, per eight rows, a word for two rows in each of the 16 places; these pieces of 64 words are so
     * far apart that what a warp writes at once meets 32 banks.
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
    /** Tokens of a tile, at most. */
    static final int MOST_TOKENS = 128;

    /** Tokens of a tile, at least. */
    static final int LEAST_TOKENS = 64;

    /** Rows of weights of a tile. */
    static final int ROWS = 128;

    /** Inputs have zeros up to a multiple of this number of columns. */
    static final int COLUMNS = 64;

    private static final int WARP = 32;
    private static final int UNIT = Weights.UNIT;

    /** Runs of 16 columns that are loaded at a time. */
    private static final int UNITS = 2;

    /** Words of a token in a run of 16 columns. */
    private static final int WORDS = UNIT / 2;

    /** Words of 16 tokens in a run of 16 columns. */
    private static final int INPUT_PIECE = 16 * WORDS;

    private static final int Q4_K_WORDS = 36;

    /** Runs of a Q4_K group that have a scale and an offset each. */
    private static final int RUNS = 8;

    /** Slices that share the scales of a Q4_K group; shares of the columns begin with such. */
    private static final int GROUP_SLICES = 256 / (UNITS * UNIT);

    /** Registers of a multiprocessor. */
    private static final int REGISTERS = 65536;

    /** Groups for the largest tiles that a device holds at once: two on each of an H100's multiprocessors. */
    static final int OCCUPYING = 264;

    /** Rounds of them that sharing may lead to. */
    static final int MOST_ROUNDS = 3;

    /** A multiple of all numbers of shares. */
    private static final int COMMON = 840;

    /** Shares of the columns, at most. */
    static final int MOST_SHARES = 8;

    private MmaTile() {}

    /** Items of a group: a warp per 32 tokens and 64 rows. */
    static int group(int tile) {
        return 2 * tile;
    }

    /** Groups of {@link #group} items that a multiprocessor holds with 128 registers an item. */
    static int held(int tile) {
        return REGISTERS / 128 / group(tile);
    }

    /**
     * Tokens of a tile for weights of this format. Those of 16 bits need too much local memory for 128, and those of Q4_K more
     * than the 128 registers with which two such groups fit on a multiprocessor.
     */
    static int tokens(int format) {
        return format <= Weights.BF16 || format == Weights.Q4_K ? LEAST_TOKENS : MOST_TOKENS;
    }

    /**
     * How many groups share the columns of a tile: the least number with which the time that the device takes, in rounds of as
     * many groups as it holds at once, is least. So products of few tokens, too, occupy it. Tokens count as the next power of two,
     * so that steps with one grid share alike.
     *
     * @param tokens 1 at least
     */
    static int shares(int rows, int columns, int tokens, int tile) {
        int bits = tokens - 1;
        bits |= bits >> 1;
        bits |= bits >> 2;
        bits |= bits >> 4;
        bits |= bits >> 8;
        bits |= bits >> 16;
        int held = OCCUPYING * MOST_TOKENS / tile;
        int all = (rows + ROWS - 1) / ROWS * (bits / tile + 1);
        int most = TornadoMath.min(MOST_SHARES, (columns + 255) / 256);
        int best = 1;
        int time = (all + held - 1) / held * COMMON;
        for (int shares = 2; shares <= MOST_SHARES; shares++) {
            int rounds = (all * shares + held - 1) / held;
            if (shares <= most && all * shares <= MOST_ROUNDS * held) {
                if (10 * (rounds * COMMON / shares) < 9 * time) {
                    best = shares;
                    time = rounds * COMMON / shares;
                }
            }
        }
        return best;
    }

    /** Rows of the products of {@code rows} rows: whole tiles. */
    static int stride(int rows) {
        return (rows + ROWS - 1) / ROWS * ROWS;
    }

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
        int parts = tile / 32; // items that share two rows of weights
        int inputRun = tile * WORDS + 16;
        int piece = 64 + 4 * parts;
        int weightRun = ROWS / 8 * piece;
        int[] sources = context.allocateIntLocalArray(tile);
        int[] inputs = context.allocateIntLocalArray(2 * UNITS * (tile * WORDS + 16));
        int[] rests = context.allocateIntLocalArray(2 * UNITS * (tile * WORDS + 16));
        int[] weights = context.allocateIntLocalArray(2 * UNITS * (ROWS / 8 * (64 + 4 * (tile / 32))));
        float[] factors = context.allocateFloatLocalArray(2 * RUNS * ROWS);
        int item = context.localIdx;
        int warp = item / WARP;
        int lane = item % WARP;
        int warpToken = warp % parts * 32;
        int warpRow = warp / parts * 64;
        int firstRow = context.groupIdx * ROWS;
        int slices = (columns + COLUMNS - 1) / COLUMNS * 2;
        int groups = (slices + GROUP_SLICES - 1) / GROUP_SLICES;
        int start = groups * share / shares * GROUP_SLICES;
        int stop = TornadoMath.min(slices, groups * (share + 1) / shares * GROUP_SLICES);
        int inputWords = HalfInputs.partWords(columns);
        int rowWords = Weights.rowWords(format, columns);
        float range = Bits.single(w.get(matrices * rows * rowWords));

        if (item < tile) {
            int input = TornadoMath.min(first + item, end - 1);
            int source = input;
            if (perInput != Tile.IN_ORDER) {
                source = order.get(input) / perInput;
            }
            sources[item] = source * (2 * inputWords) + start * UNITS * WORDS;
        }

        // This item decodes a quarter, or two, of a run of columns of two neighbouring rows, and copies eight words of
        // inputs.
        int part = item % parts;
        int pair = item / parts;
        int low = (matrix * rows + TornadoMath.min(firstRow + 2 * pair, rows - 1)) * rowWords;
        int high = (matrix * rows + TornadoMath.min(firstRow + 2 * pair + 1, rows - 1)) * rowWords;
        int weightsTo = pair / 4 * piece + pair % 4 + 4 * part;
        int copied = item / 16; // the first of the tokens of which this item copies a word
        int copies = tile / 8; // from one of them to the next
        int run = item / WORDS % 2;
        int inputsTo = run * inputRun + item % WORDS;
        // And the scales and offsets of some runs of one row of a Q4_K group.
        int scaled = item % ROWS;
        int scaledRow = (matrix * rows + TornadoMath.min(firstRow + scaled, rows - 1)) * rowWords;
        int firstRun = item / ROWS * (2 * RUNS / parts);

        for (int i = item; i < UNITS * inputRun; i += group(tile)) {
            inputs[UNITS * inputRun + i] = 0;
            rests[UNITS * inputRun + i] = 0;
        }
        for (int i = item; i < UNITS * weightRun; i += group(tile)) {
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
        context.localBarrier();

        if (format == Weights.Q4_K) {
            low += start / GROUP_SLICES * Q4_K_WORDS;
            high += start / GROUP_SLICES * Q4_K_WORDS;
            scaledRow += start / GROUP_SLICES * Q4_K_WORDS;
        }
        int count = stop - start;
        for (int round = 0; round <= slices; round++) {
            if (round > count) {
                break; // a loop with a number of rounds that is not compiled in takes 164 registers instead of 128
            }
            int slice = TornadoMath.min(round, count - 1);
            int unit = 2 * slice + run;
            if (format == Weights.Q4_K) {
                unit = slice / 2 * 4 + slice % 2 + 2 * run;
            }
            int from = unit * WORDS + item % WORDS;
            int x0 = x.get(sources[copied] + from);
            int x1 = x.get(sources[copied + 1 * copies] + from);
            int x2 = x.get(sources[copied + 2 * copies] + from);
            int x3 = x.get(sources[copied + 3 * copies] + from);
            int x4 = x.get(sources[copied + 4 * copies] + from);
            int x5 = x.get(sources[copied + 5 * copies] + from);
            int x6 = x.get(sources[copied + 6 * copies] + from);
            int x7 = x.get(sources[copied + 7 * copies] + from);
            int lowWord = 0;
            int highWord = 0;
            int nextLowWord = 0;
            int nextHighWord = 0;
            if (format == Weights.Q4_K) {
                int quarter = slice / 2 % 4;
                int group = slice / 8 * Q4_K_WORDS;
                int word = group + 4 + 8 * quarter + 4 * (slice % 2) + part;
                lowWord = w.get(low + word);
                highWord = w.get(high + word);
                if (parts == 2) {
                    nextLowWord = w.get(low + word + 2);
                    nextHighWord = w.get(high + word + 2);
                }
            }
            int buffer = (round + 1) % 2 * UNITS;
            for (int u = 0; u < UNITS; u++) {
                int a = 4 * ((buffer + u) * inputRun + warpToken * WORDS);
                int b = 4 * ((buffer + u) * weightRun + warpRow / 8 * piece);
                HalfFloat[] a0 = context.mmaLoadA(inputs, UNIT, a);
                HalfFloat[] a1 = context.mmaLoadA(inputs, UNIT, a + 4 * INPUT_PIECE);
                HalfFloat[] b0 = context.mmaLoadB(weights, UNIT, b);
                HalfFloat[] b1 = context.mmaLoadB(weights, UNIT, b + 4 * piece);
                HalfFloat[] b2 = context.mmaLoadB(weights, UNIT, b + 8 * piece);
                HalfFloat[] b3 = context.mmaLoadB(weights, UNIT, b + 12 * piece);
                HalfFloat[] b4 = context.mmaLoadB(weights, UNIT, b + 16 * piece);
                HalfFloat[] b5 = context.mmaLoadB(weights, UNIT, b + 20 * piece);
                HalfFloat[] b6 = context.mmaLoadB(weights, UNIT, b + 24 * piece);
                HalfFloat[] b7 = context.mmaLoadB(weights, UNIT, b + 28 * piece);
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
            int inputTo = round % 2 * UNITS * inputRun + inputsTo + copied * WORDS;
            inputs[inputTo] = x0;
            inputs[inputTo + 1 * copies * WORDS] = x1;
            inputs[inputTo + 2 * copies * WORDS] = x2;
            inputs[inputTo + 3 * copies * WORDS] = x3;
            inputs[inputTo + 4 * copies * WORDS] = x4;
            inputs[inputTo + 5 * copies * WORDS] = x5;
            inputs[inputTo + 6 * copies * WORDS] = x6;
            inputs[inputTo + 7 * copies * WORDS] = x7;
            if (format <= Weights.BF16) {
                for (int i = 0; i < 8; i++) {
                    rests[inputTo + i * copies * WORDS] = x.get(sources[copied + i * copies] + from + inputWords);
                }
            }
            int weightTo = round % 2 * UNITS * weightRun + weightsTo;
            if (format == Weights.Q4_K) {
                if (slice % GROUP_SLICES == 0) {
                    int scalesAt = scaledRow + slice / GROUP_SLICES * Q4_K_WORDS;
                    int header = w.get(scalesAt);
                    int scaleBits = w.get(scalesAt + 1);
                    int offsetBits = w.get(scalesAt + 2);
                    int restBits = w.get(scalesAt + 3);
                    float scale = Bits.half(header) * range;
                    float offset = Bits.half(header >> 16) * range;
                    for (int i = 0; i < 2 * RUNS / parts; i++) {
                        int at = (firstRun + i) * ROWS + scaled;
                        factors[at] = scale * Weights.sixBits(scaleBits, restBits, firstRun + i, 0);
                        factors[at + RUNS * ROWS] = offset * Weights.sixBits(offsetBits, restBits, firstRun + i, 1);
                    }
                    context.localBarrier();
                }
                int factor = slice / 2 % 4 * (2 * ROWS) + 2 * pair;
                float lowScale0 = factors[factor];
                float highScale0 = factors[factor + 1];
                float lowScale1 = factors[factor + ROWS];
                float highScale1 = factors[factor + ROWS + 1];
                float lowOffset0 = factors[factor + RUNS * ROWS];
                float highOffset0 = factors[factor + RUNS * ROWS + 1];
                float lowOffset1 = factors[factor + RUNS * ROWS + ROWS];
                float highOffset1 = factors[factor + RUNS * ROWS + ROWS + 1];
                for (int i = 0; i < 4; i++) {
                    weights[weightTo + 16 * i] = HalfInputs.pair(
                            lowScale0 * (lowWord >> (8 * i) & 15) - lowOffset0,
                            highScale0 * (highWord >> (8 * i) & 15) - highOffset0);
                    weights[weightTo + weightRun + 16 * i] = HalfInputs.pair(
                            lowScale1 * (lowWord >> (8 * i + 4) & 15) - lowOffset1,
                            highScale1 * (highWord >> (8 * i + 4) & 15) - highOffset1);
                }
                if (parts == 2) {
                    for (int i = 0; i < 4; i++) {
                        weights[weightTo + 8 + 16 * i] = HalfInputs.pair(
                                lowScale0 * (nextLowWord >> (8 * i) & 15) - lowOffset0,
                                highScale0 * (nextHighWord >> (8 * i) & 15) - highOffset0);
                        weights[weightTo + 8 + weightRun + 16 * i] = HalfInputs.pair(
                                lowScale1 * (nextLowWord >> (8 * i + 4) & 15) - lowOffset1,
                                highScale1 * (nextHighWord >> (8 * i + 4) & 15) - highOffset1);
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

        int stride = stride(rows);
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
        context.localBarrier();
        if (shares == 1) {
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
        }
        context.localBarrier();
    }
}
