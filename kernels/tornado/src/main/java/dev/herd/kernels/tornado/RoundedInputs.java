package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Inputs of products rounded to signed bytes in runs of 32 columns that share a scale, as the CPU's C kernels round them;
 * {@link RoundedRows} multiplies with them. The error is half a step, {@code max|x| / 254}, in each run (ADR 0003).
 *
 * <p>They lie in tiles of 1024 columns, a row of inputs in whole tiles. An item of a product has 64 columns of a tile, 16 words,
 * which it loads four at a time, and what neighbouring items load at once lies side by side. So {@code levels} holds, per tile,
 * word {@code 4 k + j} of item l at {@code 64 k + 4 l + j}: columns {@code 64 l + 16 k + 4 j} and the three after it.
 * {@code factors} holds, per tile, four floats of item l from {@code 4 l} on: the scales of its two runs, and of each run the sum
 * of its levels times the scale, with which formats that have offsets subtract them. Columns beyond the end of a row are zeros.
 *
 * <p>A group of 256 items rounds a tile, an item a word; eight items share a run. What is rounded is read once, a byte per
 * element written.
 */
public final class RoundedInputs {
    /** Items of a group: a word each. */
    static final int GROUP = 256;

    /** Columns of a tile. */
    static final int TILE = 1024;

    /** Words of levels of a tile. */
    static final int WORDS = TILE / 4;

    /** Items that a product shares a tile out to. */
    static final int LANES = 16;

    /** Factors of a tile. */
    static final int FACTORS = 4 * LANES;

    private static final int PER_RUN = 8; // items, each a word
    private static final float TINY = 4e-37f; // its 127th part has no finite inverse

    private RoundedInputs() {}

    /** Tiles of a row. */
    static int tiles(int columns) {
        return (columns + TILE - 1) / TILE;
    }

    /** The grid of {@link #roundRows}, {@link #roundOrdered} and {@link #rmsNorm} for up to {@code rows} rows. */
    public static WorkerGrid grid(int rows, int columns) {
        return Grids.groups(tiles(columns), rows, GROUP);
    }

    /**
     * Rounds rows.
     *
     * <p>Twin: {@code quantize_row} of {@code kernels/native}.
     *
     * @param step the number of rows is {@code perCount} times what is at {@code countAt}
     * @param levels as above
     * @param factors as above
     * @param x {@code [rows, columns]}
     * @param first the tile where the first row begins
     */
    public static void roundRows(
            KernelContext context,
            IntArray step,
            IntArray levels,
            FloatArray factors,
            FloatArray x,
            int first,
            int columns,
            int countAt,
            int perCount) {
        int row = context.groupIdy;
        if (row < step.get(countAt) * perCount) {
            int tile = first + row * tiles(columns) + context.groupIdx;
            roundTile(context, levels, factors, tile, x, row * columns, context.groupIdx * TILE, columns);
        }
    }

    /**
     * {@link #roundRows} for {@link RoundedExpertMatMul}: the row of every assignment, those of expert 0 first, from tile 0 on.
     *
     * <p>Twin: {@code MoeLayer.gather} without the score, then {@code quantize_row} of {@code kernels/native}.
     *
     * @param levels as above
     * @param factors as above
     * @param x {@code [assignments / perInput, columns]}
     * @param order what {@link Router#group} left
     * @param offsets the same
     * @param perInput assignments that share a row of x: expertsPerToken for tokens, 1 for what each expert computed
     */
    public static void roundOrdered(
            KernelContext context,
            IntArray levels,
            FloatArray factors,
            FloatArray x,
            IntArray order,
            IntArray offsets,
            int columns,
            int experts,
            int perInput) {
        int place = context.groupIdy;
        if (place < offsets.get(2 * experts + 1)) {
            int row = order.get(place) / perInput;
            int tile = place * tiles(columns) + context.groupIdx;
            roundTile(context, levels, factors, tile, x, row * columns, context.groupIdx * TILE, columns);
        }
    }

    /** The grid of {@link #roundBoth} for up to {@code tokens} tokens. */
    public static WorkerGrid bothGrid(int tokens, int sharedColumns, int columns, int expertsPerToken) {
        return Grids.groups(Math.max(tiles(sharedColumns), tiles(columns)), tokens * (1 + expertsPerToken), GROUP);
    }

    /**
     * {@link #roundRows} for what the shared expert and the routed ones have between their halves, in one launch.
     *
     * <p>Twin: {@code quantize_row} of {@code kernels/native}.
     *
     * @param levels as above
     * @param factors as above
     * @param shared {@code [tokens, sharedColumns]}
     * @param routed {@code [tokens * expertsPerToken, columns]}
     * @param sharedFirst the tile where the first row of {@code shared} begins
     * @param routedFirst the tile where the first row of {@code routed} begins
     */
    public static void roundBoth(
            KernelContext context,
            IntArray step,
            IntArray levels,
            FloatArray factors,
            FloatArray shared,
            FloatArray routed,
            int sharedFirst,
            int routedFirst,
            int sharedColumns,
            int columns,
            int expertsPerToken) {
        int tokens = step.get(Step.TOKENS);
        int column = context.groupIdx * TILE;
        int row = context.groupIdy;
        if (row < tokens) {
            if (column < sharedColumns) {
                int tile = sharedFirst + row * tiles(sharedColumns) + context.groupIdx;
                roundTile(context, levels, factors, tile, shared, row * sharedColumns, column, sharedColumns);
            }
        } else {
            int assignment = row - tokens;
            if (assignment < tokens * expertsPerToken) {
                if (column < columns) {
                    int tile = routedFirst + assignment * tiles(columns) + context.groupIdx;
                    roundTile(context, levels, factors, tile, routed, assignment * columns, column, columns);
                }
            }
        }
    }

    private static void roundTile(
            KernelContext context,
            IntArray levels,
            FloatArray factors,
            int tile,
            FloatArray x,
            int row,
            int column,
            int columns) {
        int at = column + 4 * context.localIdx;
        float a = at < columns ? x.get(row + at) : 0;
        float b = at + 1 < columns ? x.get(row + at + 1) : 0;
        float c = at + 2 < columns ? x.get(row + at + 2) : 0;
        float d = at + 3 < columns ? x.get(row + at + 3) : 0;
        store(context, levels, factors, tile, a, b, c, d);
    }

    /**
     * {@link Norms#rmsNorm}, whose results are rounded. Every group adds up the whole row, from the cache but for the
     * first, so that groups need not wait for each other.
     *
     * <p>Twin: {@code ScalarKernels.rmsNorm}, then {@code quantize_row} of {@code kernels/native}.
     *
     * @param step the number of rows is at {@code countAt}
     * @param levels as above, the first row in tile 0
     * @param factors as above
     * @param x {@code [rows, size]}
     * @param weight {@code [size]}
     * @param size a multiple of four
     */
    public static void rmsNorm(
            KernelContext context,
            IntArray step,
            IntArray levels,
            FloatArray factors,
            FloatArray x,
            FloatArray weight,
            float epsilon,
            int size,
            int countAt) {
        int item = context.localIdx;
        int row = context.groupIdy;
        if (row < step.get(countAt)) {
            int from = row * size;
            float scale = normScale(context, x, from, epsilon, size);
            int at = context.groupIdx * TILE + 4 * item;
            float a = 0;
            float b = 0;
            float c = 0;
            float d = 0;
            if (at < size) {
                a = x.get(from + at) * scale * weight.get(at);
                b = x.get(from + at + 1) * scale * weight.get(at + 1);
                c = x.get(from + at + 2) * scale * weight.get(at + 2);
                d = x.get(from + at + 3) * scale * weight.get(at + 3);
            }
            store(context, levels, factors, row * tiles(size) + context.groupIdx, a, b, c, d);
        }
    }

    /** What a row that begins at {@code from} is multiplied by to have a mean square of 1; a row is a multiple of four. */
    static float normScale(KernelContext context, FloatArray x, int from, float epsilon, int size) {
        float squares = 0;
        for (int four = context.localIdx; 4 * four < size; four += GROUP) {
            float a = x.get(from + 4 * four);
            float b = x.get(from + 4 * four + 1);
            float c = x.get(from + 4 * four + 2);
            float d = x.get(from + 4 * four + 3);
            squares += a * a + b * b + c * c + d * d;
        }
        return normScale(context, squares, epsilon, size);
    }

    /** The same, if every item has added up some of the row's squares. */
    static float normScale(KernelContext context, float squares, float epsilon, int size) {
        return 1 / TornadoMath.sqrt(Norms.sum(context, context.localIdx, squares, GROUP) / size + epsilon);
    }

    /** Rounds the four columns that each item of the group has. */
    static void store(
            KernelContext context, IntArray levels, FloatArray factors, int tile, float a, float b, float c, float d) {
        float[] largest = context.allocateFloatLocalArray(GROUP);
        int[] sums = context.allocateIntLocalArray(GROUP);
        int item = context.localIdx;
        // A device's maximum passes over what is not a number, which must not end as zeros: so it is added to the
        // factor.
        largest[item] = TornadoMath.max(
                        TornadoMath.max(TornadoMath.abs(a), TornadoMath.abs(b)),
                        TornadoMath.max(TornadoMath.abs(c), TornadoMath.abs(d)))
                + 0 * (a + b + c + d);
        context.localBarrier();
        int firstOfRun = item / PER_RUN * PER_RUN;
        float most = 0;
        float noNumber = 0;
        for (int i = 0; i < PER_RUN; i++) {
            most = TornadoMath.max(most, largest[firstOfRun + i]);
            noNumber += 0 * largest[firstOfRun + i];
        }
        float inverse = most < TINY ? 0 : 127 / most;
        int p = level(a * inverse);
        int q = level(b * inverse);
        int r = level(c * inverse);
        int s = level(d * inverse);
        int word = item % LANES;
        levels.set(
                tile * WORDS + word / 4 * 64 + item / LANES * 4 + word % 4,
                (p & 255) | (q & 255) << 8 | (r & 255) << 16 | s << 24);
        sums[item] = p + q + r + s;
        context.localBarrier();
        if (item == firstOfRun) {
            int sum = 0;
            for (int i = 0; i < PER_RUN; i++) {
                sum += sums[item + i];
            }
            float scale = most / 127 + noNumber;
            int at = tile * FACTORS + item / LANES * 4 + item / PER_RUN % 2;
            factors.set(at, scale);
            factors.set(at + 2, scale * sum);
        }
        context.localBarrier();
    }

    /** The nearest integer. */
    private static int level(float value) {
        return (int) (value < 0 ? value - 0.5f : value + 0.5f);
    }
}
