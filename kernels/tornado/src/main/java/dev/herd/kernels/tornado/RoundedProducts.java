package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The products of a step of up to eight tokens with {@code dp4a}, of quantised matrices and {@link RoundedInputs}: what
 * {@link MatVec}, {@link Gated} and {@link Experts} are for devices without it and for other formats.
 *
 * <p>A group of 32 items computes four rows for all tokens ({@link RoundedRows}), of an expert for one assignment. Weights come
 * from memory once for all tokens, those of an expert once per assignment; inputs, a byte and an eighth per column, from the
 * cache. What can be computed at the same time is one launch: short kernels would each wait for the last groups of the one
 * before.
 */
public final class RoundedProducts {
    private static final int FORMAT_BITS = 4;
    private static final int FORMAT_MASK = (1 << FORMAT_BITS) - 1;

    private RoundedProducts() {}

    /** Formats in one number, three at most. */
    static int formats(int first, int second, int third) {
        return first | (second << FORMAT_BITS) | (third << (2 * FORMAT_BITS));
    }

    static int formats(int first, int second) {
        return formats(first, second, 0);
    }

    static int first(int formats) {
        return formats & FORMAT_MASK;
    }

    static int second(int formats) {
        return formats >> FORMAT_BITS & FORMAT_MASK;
    }

    private static int third(int formats) {
        return formats >> (2 * FORMAT_BITS);
    }

    private static int groups(int rows) {
        return (rows + RoundedRows.ROWS - 1) / RoundedRows.ROWS;
    }

    /** The grid of {@link #matVec} and {@link #gateUp} for that many rows. */
    public static WorkerGrid grid(int rows) {
        return Grids.groups(groups(rows), RoundedRows.GROUP);
    }

    /**
     * {@code out[t, r] (+)= Σ_c x[t, c] · w[r, c]}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}.
     *
     * @param step the number of tokens is at {@code countAt}
     * @param out {@code [tokens, rows]}, overwritten, or added to if {@code adds} is 1
     * @param levels x; see {@link RoundedInputs}
     * @param factors x
     * @param w {@code [rows, columns]} in {@code format}
     * @param first the tile where x begins
     */
    public static void matVec(
            KernelContext context,
            IntArray step,
            FloatArray out,
            IntArray levels,
            FloatArray factors,
            IntArray w,
            int format,
            int first,
            int rows,
            int columns,
            int countAt,
            int adds) {
        int tokens = step.get(countAt);
        int group = context.groupIdx;
        float total = RoundedRows.sums(
                context, w, format, group, 0, rows, levels, factors, first, 0, tokens, RoundedRows.TOKENS, columns);
        put(context, out, total, group, rows, tokens, adds);
        context.localBarrier();
    }

    /** Writes the result that an item has. */
    private static void put(
            KernelContext context, FloatArray out, float total, int group, int rows, int tokens, int adds) {
        int row = RoundedRows.row(group, context.localIdx);
        int token = RoundedRows.token(context.localIdx);
        if (row < rows) {
            if (token < tokens) {
                int at = token * rows + row;
                float before = 0;
                if (adds == 1) {
                    before = out.get(at);
                }
                out.set(at, before + total);
            }
        }
    }

    /** The grid of {@link #projections}. */
    public static WorkerGrid projectionsGrid(int queryRows, int keyRows) {
        return Grids.groups(groups(queryRows) + 2 * groups(keyRows), RoundedRows.GROUP);
    }

    /**
     * {@link #matVec} for queries, keys and values, the last two of which have as many rows: the first groups compute queries, the
     * next ones keys, the last ones values.
     *
     * <p>Twin: {@code ScalarKernels.matMul} three times.
     *
     * @param query {@code [tokens, queryRows]}
     * @param key {@code [tokens, keyRows]}
     * @param value {@code [tokens, keyRows]}
     * @param levels x, from tile 0 on; see {@link RoundedInputs}
     * @param factors x
     * @param queryProj {@code [queryRows, columns]}
     * @param keyProj {@code [keyRows, columns]}
     * @param valueProj {@code [keyRows, columns]}
     * @param formats of the three matrices, {@link #formats}
     */
    public static void projections(
            KernelContext context,
            IntArray step,
            FloatArray query,
            FloatArray key,
            FloatArray value,
            IntArray levels,
            FloatArray factors,
            IntArray queryProj,
            IntArray keyProj,
            IntArray valueProj,
            int formats,
            int queryRows,
            int keyRows,
            int columns) {
        int tokens = step.get(Step.TOKENS);
        int group = context.groupIdx;
        int keys = group - groups(queryRows);
        int values = keys - groups(keyRows);
        if (keys < 0) {
            int format = first(formats);
            float total = RoundedRows.sums(
                    context,
                    queryProj,
                    format,
                    group,
                    0,
                    queryRows,
                    levels,
                    factors,
                    0,
                    0,
                    tokens,
                    RoundedRows.TOKENS,
                    columns);
            put(context, query, total, group, queryRows, tokens, 0);
        } else {
            if (values < 0) {
                int format = second(formats);
                float total = RoundedRows.sums(
                        context,
                        keyProj,
                        format,
                        keys,
                        0,
                        keyRows,
                        levels,
                        factors,
                        0,
                        0,
                        tokens,
                        RoundedRows.TOKENS,
                        columns);
                put(context, key, total, keys, keyRows, tokens, 0);
            } else {
                int format = third(formats);
                float total = RoundedRows.sums(
                        context,
                        valueProj,
                        format,
                        values,
                        0,
                        keyRows,
                        levels,
                        factors,
                        0,
                        0,
                        tokens,
                        RoundedRows.TOKENS,
                        columns);
                put(context, value, total, values, keyRows, tokens, 0);
            }
        }
        context.localBarrier();
    }

    /**
     * {@code out[t, r] = silu(gate[r] · x[t]) · (up[r] · x[t])}.
     *
     * <p>Twin: {@code ScalarKernels.matMul} twice, then {@code swiGlu}.
     *
     * @param out {@code [tokens, rows]}
     * @param levels x, from tile 0 on; see {@link RoundedInputs}
     * @param factors x
     * @param gate {@code [rows, columns]} in {@code gateFormat}
     * @param up {@code [rows, columns]} in {@code upFormat}
     */
    public static void gateUp(
            KernelContext context,
            IntArray step,
            FloatArray out,
            IntArray levels,
            FloatArray factors,
            IntArray gate,
            IntArray up,
            int gateFormat,
            int upFormat,
            int rows,
            int columns) {
        int tokens = step.get(Step.TOKENS);
        int group = context.groupIdx;
        float z = RoundedRows.sums(
                context, gate, gateFormat, group, 0, rows, levels, factors, 0, 0, tokens, RoundedRows.TOKENS, columns);
        float factor = RoundedRows.sums(
                context, up, upFormat, group, 0, rows, levels, factors, 0, 0, tokens, RoundedRows.TOKENS, columns);
        put(context, out, Elements.silu(z) * factor, group, rows, tokens, 0);
        context.localBarrier();
    }
}
