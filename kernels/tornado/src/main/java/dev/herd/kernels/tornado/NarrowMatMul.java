package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices of few rows times many tokens, in float: routers, whose rows make too few tiles to occupy a device.
 *
 * <p>A group of 256 items computes 16 rows of four tokens: 16 items a row, each of which adds up every 16th four of columns for
 * the four tokens, so that a weight is decoded once for them. The twenty words of a four are on their way together, those of a
 * token in one load on CUDA: there are few groups, and memory is far. Traffic is the weights once per four tokens, mostly from a
 * cache, and the inputs once per 16 rows.
 */
public final class NarrowMatMul {
    private static final int LANES = 16;
    private static final int ROWS = 16;
    private static final int TOKENS = 4;

    /** Columns that lie side by side in an item's part, whose words are loaded at once. */
    private static final int WIDTH = 4;

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
            int rounds = columns / (LANES * WIDTH);
            for (int round = 0; round < rounds; round++) {
                int column = (round * LANES + lane) * WIDTH;
                float x00 = x.get(x0 + column);
                float x01 = x.get(x0 + column + 1);
                float x02 = x.get(x0 + column + 2);
                float x03 = x.get(x0 + column + 3);
                float x10 = x.get(x1 + column);
                float x11 = x.get(x1 + column + 1);
                float x12 = x.get(x1 + column + 2);
                float x13 = x.get(x1 + column + 3);
                float x20 = x.get(x2 + column);
                float x21 = x.get(x2 + column + 1);
                float x22 = x.get(x2 + column + 2);
                float x23 = x.get(x2 + column + 3);
                float x30 = x.get(x3 + column);
                float x31 = x.get(x3 + column + 1);
                float x32 = x.get(x3 + column + 2);
                float x33 = x.get(x3 + column + 3);
                float w0 = weight(w, format, words, column);
                float w1 = weight(w, format, words, column + 1);
                float w2 = weight(w, format, words, column + 2);
                float w3 = weight(w, format, words, column + 3);
                s0 += w0 * x00 + w1 * x01 + w2 * x02 + w3 * x03;
                s1 += w0 * x10 + w1 * x11 + w2 * x12 + w3 * x13;
                s2 += w0 * x20 + w1 * x21 + w2 * x22 + w3 * x23;
                s3 += w0 * x30 + w1 * x31 + w2 * x32 + w3 * x33;
            }
            for (int column = rounds * (LANES * WIDTH) + lane; column < columns; column += LANES) {
                float weight = weight(w, format, words, column);
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

    private static float weight(IntArray w, int format, int words, int column) {
        int unit = column / Weights.UNIT;
        return Weights.scale(w, format, words, unit) * Weights.level(w, format, words, unit, column % Weights.UNIT)
                - Weights.offset(w, format, words, unit);
    }
}
