package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The chosen experts of steps in which each has a few tokens, with {@code dp4a}: what {@link ExpertMatMul} and
 * {@link MmaMatMul#expertMatMul} are for many, whose tiles compute as much for two tokens as for all that they have room for. A
 * group has four rows of one expert, and goes through the assignments of that expert eight at a time; an expert's weights are
 * read and decoded once for each eight, from the cache after the first, those that nobody chose not at all.
 */
public final class RoundedExpertMatMul {
    /**
     * Assignments for each expert up to which it is taken, on average: by count of instructions it pays up to six or seven of
     * Q4_K (docs/perf/gpu.md).
     */
    private static final int MOST_PER_EXPERT = 4;

    private RoundedExpertMatMul() {}

    /**
     * Tokens of the largest step that takes it: a power of two, so that of a bucket ({@link GraphPlan#bucket}) all steps do or none,
     * and the device need not know the bucket. 0 if all that would are steps of few tokens, which have kernels of their own.
     */
    static int mostTokens(int experts, int expertsPerToken) {
        int most = Integer.highestOneBit(MOST_PER_EXPERT * experts / Math.max(1, expertsPerToken));
        return most <= TaskGraphs.FEW ? 0 : most;
    }

    /** The grid. */
    public static WorkerGrid grid(int rows, int experts) {
        return Grids.groups(Math.ceilDiv(rows, RoundedRows.ROWS), experts, RoundedRows.GROUP);
    }

    /**
     * {@code out[a, r] = Σ_c x[n, c] · w[e, r, c]} for every assignment a, the n-th by expert, with e its expert.
     *
     * <p>Twin: {@code MoeLayer.gather} without the score, {@code ScalarKernels.matMul} per expert, {@code scatter}.
     *
     * @param out {@code [assignments, rows]}
     * @param levels x, as {@link RoundedInputs#roundOrdered} left it
     * @param factors x, the same
     * @param w {@code [experts, rows, columns]} in {@code format}
     * @param order assignments, those of expert 0 first
     * @param offsets what {@link Router#group} left
     */
    public static void matMul(
            KernelContext context,
            FloatArray out,
            IntArray levels,
            FloatArray factors,
            IntArray w,
            IntArray order,
            IntArray offsets,
            int format,
            int rows,
            int columns,
            int experts) {
        int group = context.groupIdx;
        int expert = context.groupIdy;
        int row = RoundedRows.row(group, context.localIdx);
        int token = RoundedRows.token(context.localIdx);
        int end = offsets.get(experts + expert + 2);
        for (int first = offsets.get(experts + expert + 1); first < end; first += RoundedRows.TOKENS) {
            int tokens = TornadoMath.min(RoundedRows.TOKENS, end - first);
            float sum = RoundedRows.sums(
                    context,
                    w,
                    format,
                    group,
                    expert * rows,
                    rows,
                    levels,
                    factors,
                    first * RoundedInputs.tiles(columns),
                    0,
                    tokens,
                    RoundedRows.TOKENS,
                    columns);
            if (row < rows) {
                if (token < tokens) {
                    out.set(order.get(first + token) * rows + row, sum);
                }
            }
        }
        context.localBarrier();
    }
}
