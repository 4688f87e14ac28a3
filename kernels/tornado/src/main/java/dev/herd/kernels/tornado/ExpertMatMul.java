package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The chosen experts of many tokens: for every expert a product with the tokens that chose it, all in one launch. Geometry
 * and traffic are those of {@link MatMul}, the second dimension being tiles of 32 assignments of one expert; each group
 * finds its expert from the offsets that {@link Router#group} left. An expert's weights are read once per 32 of its
 * tokens, those that nobody chose not at all.
 */
public final class ExpertMatMul {
    private ExpertMatMul() {}

    /** The grid for up to {@code assignments} pairs of token and expert. */
    public static WorkerGrid grid(int rows, int assignments, int experts) {
        int tiles = Math.ceilDiv(assignments, Tile.ROWS) + Math.min(experts, assignments);
        return Grids.groups(Math.ceilDiv(rows, Tile.ROWS), tiles, Tile.GROUP);
    }

    /**
     * {@code out[a, r] = Σ_c x[a / perInput, c] · w[e, r, c]} for every assignment a, with e its expert.
     *
     * <p>Twin: {@code MoeLayer.gather} without the score, {@code ScalarKernels.matMul} per expert, {@code scatter}.
     *
     * @param out {@code [assignments, rows]}
     * @param x {@code [assignments / perInput, columns]}
     * @param w {@code [experts, rows, columns]} in {@code format}
     * @param order assignments, those of expert 0 first
     * @param offsets where each expert's begin
     * @param perInput assignments that share a row of x: expertsPerToken for tokens, 1 for what each expert computed
     */
    public static void matMul(
            KernelContext context,
            FloatArray out,
            FloatArray x,
            IntArray w,
            IntArray order,
            IntArray offsets,
            int format,
            int rows,
            int columns,
            int experts,
            int perInput) {
        int left = context.groupIdy;
        int expert = -1;
        int first = 0;
        for (int e = 0; e < experts; e++) {
            int start = offsets.get(e);
            int tiles = (offsets.get(e + 1) - start + Tile.ROWS - 1) / Tile.ROWS;
            if (left >= 0 && left < tiles) {
                expert = e;
                first = start + left * Tile.ROWS;
            }
            left -= tiles;
        }
        if (expert >= 0) {
            int firstRow = context.groupIdx * Tile.ROWS;
            int end = offsets.get(expert + 1);
            Tile.multiply(context, out, x, w, order, perInput, format, rows, columns, expert, firstRow, first, end, 0);
        }
    }
}
