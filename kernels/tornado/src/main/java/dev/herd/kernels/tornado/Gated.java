package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The first half of a gated feed-forward for few tokens, gate and up projection at once. Geometry and traffic are those of
 * {@link MatVec}, with two matrices.
 */
public final class Gated {
    private static final int LANES = MatVec.LANES;
    private static final int ROWS = MatVec.ROWS;

    private Gated() {}

    /** The grid for that many rows. */
    public static WorkerGrid grid(int rows) {
        return MatVec.grid(rows);
    }

    /**
     * {@code out[t, r] = silu(gate[r] · x[t]) · (up[r] · x[t])}.
     *
     * <p>Twin: {@code ScalarKernels.matMul} twice, then {@code swiGlu}.
     *
     * @param out {@code [tokens, rows]}
     * @param x {@code [tokens, columns]}
     * @param gate {@code [rows, columns]} in {@code gateFormat}
     * @param up {@code [rows, columns]} in {@code upFormat}
     */
    public static void gateUp(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray gate,
            IntArray up,
            int gateFormat,
            int upFormat,
            int rows,
            int columns) {
        float[] gateSums = context.allocateFloatLocalArray(MatVec.GROUP);
        float[] upSums = context.allocateFloatLocalArray(MatVec.GROUP);
        int item = context.localIdx;
        int lane = item % LANES;
        int row = context.groupIdx * ROWS + item / LANES;
        int tokens = step.get(Step.TOKENS);
        for (int token = 0; token < tokens; token++) {
            int gateRow = MatVec.NO_ROW;
            int upRow = MatVec.NO_ROW;
            if (row < rows) {
                gateRow = row * Weights.rowWords(gateFormat, columns);
                upRow = row * Weights.rowWords(upFormat, columns);
            }
            int from = token * columns;
            gateSums[item] = MatVec.laneSum(context, gate, gateFormat, gateRow, x, from, columns);
            upSums[item] = MatVec.laneSum(context, up, upFormat, upRow, x, from, columns);
            context.localBarrier();
            if (lane == 0 && row < rows) {
                float z = 0;
                float factor = 0;
                for (int i = 0; i < LANES; i++) {
                    z += gateSums[item + i];
                    factor += upSums[item + i];
                }
                out.set(token * rows + row, Elements.silu(z) * factor);
            }
            context.localBarrier();
        }
    }
}
