package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices times many tokens: prefill, batched decoding and the vision encoder.
 *
 * <p>A group of 64 items computes 32 rows of 32 tokens. It goes through the columns 32 at a time, decodes both into local
 * memory ({@link Tile}), and each item multiplies four rows by four tokens in registers: 16 multiplications for eight
 * loads. Traffic is the weights once per 32 tokens and the inputs once per 32 rows.
 */
public final class MatMul {
    private MatMul() {}

    /** The grid for that many rows and up to {@code tokens} tokens. */
    public static WorkerGrid grid(int rows, int tokens) {
        return Grids.groups(Math.ceilDiv(rows, Tile.ROWS), Math.ceilDiv(tokens, Tile.ROWS), Tile.GROUP);
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
    public static void matMul(
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
        int firstRow = context.groupIdx * Tile.ROWS;
        int first = context.groupIdy * Tile.ROWS;
        int end = step.get(countAt);
        if (first < end) {
            Tile.multiply(
                    context, out, x, w, step, Tile.IN_ORDER, format, rows, columns, 0, firstRow, first, end, adds);
        }
    }
}
