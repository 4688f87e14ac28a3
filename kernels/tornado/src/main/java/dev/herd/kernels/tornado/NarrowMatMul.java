package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices of few rows times many tokens, in float: routers, whose rows make too few tiles to occupy a device.
 *
 * <p>A group of 256 items computes 16 rows of four tokens: 16 items a row, each of which adds up every 16th column for the four
 * tokens, so that a weight is decoded once for them. Traffic is the weights once per four tokens, mostly from a cache, and
 * the inputs once per 16 rows.
 */
public final class NarrowMatMul {
    private static final int LANES = 16;
    private static final int ROWS = 16;
    private static final int TOKENS = 4;

    /** Items of a group. */
    static final int GROUP = ROWS * LANES;

    private NarrowMatMul() {}

    /** The grid for that many rows and up to {@code tokens} tokens. */
    public static WorkerGrid grid(int rows, int tokens) {
        return Grids.groups(Math.ceilDiv(rows, ROWS), Math.ceilDiv(tokens, TOKENS), GROUP);
    }

    /**
     * {@code out[t, r] = Σ_c x[t, c] · w[r, c]}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}.
     *
     * @param step {@link Step}; the number of tokens is at {@code countAt}
     * @param out {@code [tokens, rows]}
     * @param x {@code [tokens, columns]}
     * @param w {@code [rows, columns]} in {@code format}
     */
    public static void matMul(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray w,
            int format,
            int rows,
            int columns,
            int countAt) {
        float[] sums = context.allocateFloatLocalArray(TOKENS * GROUP);
        int item = context.localIdx;
        int lane = item % LANES;
        int row = context.groupIdx * ROWS + item / LANES;
        int first = context.groupIdy * TOKENS;
        int end = step.get(countAt);
        if (first < end) {
            // Rows and tokens beyond the last stand for the last; their sums are not written.
            int words = TornadoMath.min(row, rows - 1) * Weights.rowWords(format, columns);
            int x0 = first * columns;
            int x1 = TornadoMath.min(first + 1, end - 1) * columns;
            int x2 = TornadoMath.min(first + 2, end - 1) * columns;
            int x3 = TornadoMath.min(first + 3, end - 1) * columns;
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            for (int column = lane; column < columns; column += LANES) {
                int unit = column / Weights.UNIT;
                float weight = Weights.scale(w, format, words, unit)
                                * Weights.level(w, format, words, unit, column % Weights.UNIT)
                        - Weights.offset(w, format, words, unit);
                s0 += weight * x.get(x0 + column);
                s1 += weight * x.get(x1 + column);
                s2 += weight * x.get(x2 + column);
                s3 += weight * x.get(x3 + column);
            }
            sums[item] = s0;
            sums[GROUP + item] = s1;
            sums[2 * GROUP + item] = s2;
            sums[3 * GROUP + item] = s3;
            context.localBarrier();
            if (lane < TOKENS && row < rows && first + lane < end) {
                float sum = 0;
                for (int i = 0; i < LANES; i++) {
                    sum += sums[lane * GROUP + item - lane + i];
                }
                out.set((first + lane) * rows + row, sum);
            }
            context.localBarrier();
        }
    }
}
