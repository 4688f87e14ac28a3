package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The chosen experts of few tokens, driven by the router's choice on the device: no id comes back to the host. Geometry is
 * that of {@link MatVec}, with assignments along the second dimension; an expert's weights are read once per assignment.
 * Experts lie one after the other in one matrix of {@code experts * rows} rows.
 *
 * <p>{@link #activate} and {@link #combine} are what many tokens need around {@link ExpertMatMul}: an item per element, in the
 * grid of {@link Elements}; every operand is read once, the output written once.
 */
public final class Experts {
    private static final int LANES = MatVec.LANES;
    private static final int ROWS = MatVec.ROWS;

    private Experts() {}

    /** The grid of {@link #gateUp} for up to {@code assignments} pairs of token and expert. */
    public static WorkerGrid gateUpGrid(int rows, int assignments) {
        return Grids.groups(Math.ceilDiv(rows, ROWS), assignments, MatVec.GROUP);
    }

    /** The grid of {@link #down} for up to {@code tokens} tokens. */
    public static WorkerGrid downGrid(int rows, int tokens) {
        return Grids.groups(Math.ceilDiv(rows, ROWS), tokens, MatVec.GROUP);
    }

    /**
     * {@code out[a, r] = silu(s · g) · (s · u)} with {@code g = gate[e, r] · x[t]}, {@code u = up[e, r] · x[t]}, e and s
     * expert and score of assignment a: the expert sees its input times the score.
     *
     * <p>Twin: {@code MoeLayer.gather}, then {@code DenseFfn} of the expert.
     *
     * @param out {@code [tokens * expertsPerToken, rows]}
     * @param x {@code [tokens, columns]}
     * @param gate {@code [experts, rows, columns]} in {@code gateFormat}
     * @param up {@code [experts, rows, columns]} in {@code upFormat}
     * @param choice {@code [tokens, expertsPerToken]}
     * @param scores {@code [tokens, expertsPerToken]}
     */
    public static void gateUp(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray gate,
            IntArray up,
            IntArray choice,
            FloatArray scores,
            int gateFormat,
            int upFormat,
            int rows,
            int columns,
            int expertsPerToken) {
        float[] gateSums = context.allocateFloatLocalArray(MatVec.GROUP);
        float[] upSums = context.allocateFloatLocalArray(MatVec.GROUP);
        int item = context.localIdx;
        int lane = item % LANES;
        int row = context.groupIdx * ROWS + item / LANES;
        int assignment = context.groupIdy;
        if (assignment < step.get(Step.TOKENS) * expertsPerToken) {
            int gateRow = MatVec.NO_ROW;
            int upRow = MatVec.NO_ROW;
            if (row < rows) {
                int inAll = choice.get(assignment) * rows + row;
                gateRow = inAll * Weights.rowWords(gateFormat, columns);
                upRow = inAll * Weights.rowWords(upFormat, columns);
            }
            int from = assignment / expertsPerToken * columns;
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
                float score = scores.get(assignment);
                out.set(assignment * rows + row, Elements.silu(score * z) * (score * factor));
            }
            context.localBarrier();
        }
    }

    /**
     * {@code out[t, r] += Σ_k down[e, r] · x[a]} over the assignments {@code a = t * expertsPerToken + k}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}, then {@code MoeLayer.scatter}.
     *
     * @param out {@code [tokens, rows]}
     * @param x {@code [tokens * expertsPerToken, columns]}
     * @param down {@code [experts, rows, columns]} in {@code format}
     * @param choice {@code [tokens, expertsPerToken]}
     */
    public static void down(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray down,
            IntArray choice,
            int format,
            int rows,
            int columns,
            int expertsPerToken) {
        float[] sums = context.allocateFloatLocalArray(MatVec.GROUP);
        int item = context.localIdx;
        int lane = item % LANES;
        int row = context.groupIdx * ROWS + item / LANES;
        int token = context.groupIdy;
        if (token < step.get(Step.TOKENS)) {
            float sum = 0;
            for (int rank = 0; rank < expertsPerToken; rank++) {
                int assignment = token * expertsPerToken + rank;
                int first = MatVec.NO_ROW;
                if (row < rows) {
                    first = (choice.get(assignment) * rows + row) * Weights.rowWords(format, columns);
                }
                sum += MatVec.laneSum(context, down, format, first, x, assignment * columns, columns);
            }
            sums[item] = sum;
            context.localBarrier();
            if (lane == 0 && row < rows) {
                int at = token * rows + row;
                float total = out.get(at);
                for (int i = 0; i < LANES; i++) {
                    total += sums[item + i];
                }
                out.set(at, total);
            }
            context.localBarrier();
        }
    }

    /** The grid of {@link #activate} for up to {@code assignments} pairs of token and expert. */
    public static WorkerGrid activateGrid(int assignments, int size) {
        return Elements.grid(assignments, size);
    }

    /**
     * {@code gate[a, i] = silu(s · gate[a, i]) · (s · up[a, i])}, s being the assignment's score: what follows the two
     * products of {@link ExpertMatMul} with the unscaled token.
     *
     * <p>Twin: {@code MoeLayer.gather} and {@code ScalarKernels.swiGlu}.
     *
     * @param gate {@code [tokens * expertsPerToken, size]}
     * @param up the same shape
     * @param scores {@code [tokens, expertsPerToken]}
     */
    public static void activate(
            KernelContext context,
            IntArray step,
            FloatArray gate,
            FloatArray up,
            FloatArray scores,
            int size,
            int expertsPerToken) {
        int i = context.globalIdx;
        int assignment = context.groupIdy;
        if (assignment < step.get(Step.TOKENS) * expertsPerToken && i < size) {
            int at = assignment * size + i;
            float score = scores.get(assignment);
            gate.set(at, Elements.silu(score * gate.get(at)) * (score * up.get(at)));
        }
    }

    /** The grid of {@link #combine} for up to {@code tokens} tokens. */
    public static WorkerGrid combineGrid(int tokens, int size) {
        return Elements.grid(tokens, size);
    }

    /**
     * {@code out[t, i] += Σ_k x[t * expertsPerToken + k, i]}: the outputs of {@link ExpertMatMul}, brought together.
     *
     * <p>Twin: {@code MoeLayer.scatter}.
     *
     * @param out {@code [tokens, size]}
     * @param x {@code [tokens * expertsPerToken, size]}
     */
    public static void combine(
            KernelContext context, IntArray step, FloatArray out, FloatArray x, int size, int expertsPerToken) {
        int i = context.globalIdx;
        int token = context.groupIdy;
        if (token < step.get(Step.TOKENS) && i < size) {
            float sum = out.get(token * size + i);
            for (int rank = 0; rank < expertsPerToken; rank++) {
                sum += x.get((token * expertsPerToken + rank) * size + i);
            }
            out.set(token * size + i, sum);
        }
    }
}
