package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices times few tokens: the memory-bound products of decoding. {@link MatMul} is for many.
 *
 * <p>Four rows share a group of 64 items, 16 to a row, each taking every 16th unit of 16 columns; their sums meet in
 * local memory. Tokens are taken one after the other, so that weights come from memory once and from the cache for the
 * other tokens: about {@code rows * rowWords} words of traffic whatever the number of tokens, plus the inputs once per
 * group, which the cache absorbs.
 */
public final class MatVec {
    /** Items of a group. */
    static final int GROUP = 64;

    private static final int LANES = 16;
    private static final int ROWS = GROUP / LANES;

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
            float sum = 0;
            if (row < rows) {
                sum = laneSum(w, format, row * Weights.rowWords(format, columns), x, token * columns, columns, lane);
            }
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

    /** What one of the items of a row adds up. */
    static float laneSum(IntArray w, int format, int row, FloatArray x, int from, int columns, int lane) {
        int units = (columns + Weights.UNIT - 1) / Weights.UNIT;
        float sum = 0;
        for (int unit = lane; unit < units; unit += LANES) {
            sum += Weights.dot(w, format, row, unit, x, from, columns);
        }
        return sum;
    }
}
