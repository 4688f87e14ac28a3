package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices times few tokens: the memory-bound products of decoding. {@link MatMul} is for many.
 *
 * <p>A group of 128 items computes eight rows, 16 items to a row, each taking every 16th unit of 16 columns; Q4_K has a way
 * of its own ({@link Q4KRows}). The inputs come to local memory 2048 columns at a time, with loads that neighbours share, and
 * from there without bank conflicts; the sums of the items meet in local memory. Tokens are taken one after the other, so that
 * weights come from memory once and from the cache for the other tokens: about {@code rows * rowWords} words of traffic
 * whatever the number of tokens, plus the inputs once per group, which the cache absorbs.
 */
public final class MatVec {
    /** Items of a group. */
    static final int GROUP = 128;

    /** Items of a row. */
    static final int LANES = 16;

    /** Rows of a group. */
    static final int ROWS = GROUP / LANES;

    /** Says that an item has no row. */
    static final int NO_ROW = -1;

    private static final int UNIT = Weights.UNIT;

    /** Columns that are in local memory at a time. */
    private static final int SLICE = 2048;

    /** Floats from one unit to the next in local memory: its 16 and a gap, an odd number against bank conflicts. */
    private static final int STRIDE = UNIT + 1;

    private MatVec() {}

    /** The grid for that many rows of output. */
    public static WorkerGrid grid(int rows) {
        return Grids.groups(Math.ceilDiv(rows, ROWS), GROUP);
    }

    /**
     * {@code out[t, r] (+)= Σ_c x[t, c] · w[r, c]}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}.
     *
     * @param step {@link Step}; the number of tokens is at {@code countAt}
     * @param out {@code [tokens, rows]}, overwritten, or added to if {@code adds} is 1
     * @param x {@code [tokens, columns]}
     * @param w {@code [rows, columns]} in {@code format}
     */
    public static void matVec(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray w,
            int format,
            int rows,
            int columns,
            int countAt,
            int adds) {
        float[] sums = context.allocateFloatLocalArray(GROUP);
        int item = context.localIdx;
        int lane = item % LANES;
        int row = context.groupIdx * ROWS + item / LANES;
        int tokens = step.get(countAt);
        for (int token = 0; token < tokens; token++) {
            int first = NO_ROW;
            if (row < rows) {
                first = row * Weights.rowWords(format, columns);
            }
            float sum = laneSum(context, w, format, first, x, token * columns, columns);
            sums[item] = sum;
            context.localBarrier();
            if (lane == 0 && row < rows) {
                float total = 0;
                for (int i = 0; i < LANES; i++) {
                    total += sums[item + i];
                }
                if (adds == 1) {
                    total += out.get(token * rows + row);
                }
                out.set(token * rows + row, total);
            }
            context.localBarrier();
        }
    }

    /**
     * What one of the items of a row adds up. All items of a group call it with the same inputs.
     *
     * @param row first word of the row, or {@link #NO_ROW}
     * @param from first element of the inputs' row
     */
    static float laneSum(KernelContext context, IntArray w, int format, int row, FloatArray x, int from, int columns) {
        if (format == Weights.Q4_K) {
            return Q4KRows.laneSum(context, w, row, x, from, columns);
        }
        float[] slice = context.allocateFloatLocalArray(SLICE / UNIT * STRIDE);
        int item = context.localIdx;
        float sum = 0;
        for (int start = 0; start < columns; start += SLICE) {
            int size = TornadoMath.min(SLICE, columns - start);
            for (int i = item; i < size; i += GROUP) {
                slice[i + (i >> 4)] = x.get(from + start + i);
            }
            context.localBarrier();
            if (row >= 0) {
                for (int at = item % LANES; at * UNIT < size; at += LANES) {
                    int unit = start / UNIT + at;
                    int x0 = at * STRIDE;
                    float product = 0;
                    int count = Weights.count(format, unit, columns);
                    for (int i = 0; i < count; i++) {
                        product += Weights.level(w, format, row, unit, i) * slice[x0 + i];
                    }
                    sum += Weights.scale(w, format, row, unit) * product;
                }
            }
            context.localBarrier();
        }
        return sum;
    }
}
