package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The choice of experts, made and kept on the device: {@link #logits} with a group of 256 items per expert and token, for few
 * tokens; {@link #route} with an item per token, {@link #group} with a group of 128 items per expert. The router's weights are read once per
 * token, mostly from the cache; the rest is a few words per token.
 */
public final class Router {
    private static final int GROUP = 32;

    /** Items that share a row of the router. */
    private static final int MANY = 256;

    /** Items that share the assignments. */
    private static final int SORTERS = 128;

    private Router() {}

    /** The grid of {@link #logits} for up to {@code tokens} tokens: a group per expert and token. */
    public static WorkerGrid logitsGrid(int experts, int tokens) {
        return Grids.groups(experts, tokens, MANY);
    }

    /**
     * {@code out[t, e] = Σ_c x[t, c] · router[e, c]} for few tokens: a matrix of so few rows that {@link MatVec} would leave most
     * of a device without work. The 256 items of a group share a row.
     *
     * <p>Twin: {@code ScalarKernels.matMul}.
     *
     * @param out {@code [tokens, experts]}
     * @param x {@code [tokens, columns]}
     * @param router {@code [experts, columns]} in {@code format}
     */
    public static void logits(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            IntArray router,
            int format,
            int experts,
            int columns) {
        int item = context.localIdx;
        int expert = context.groupIdx;
        int token = context.groupIdy;
        if (token < step.get(Step.TOKENS)) {
            int row = expert * Weights.rowWords(format, columns);
            float part = 0;
            for (int i = item; i < columns; i += MANY) {
                int unit = i / Weights.UNIT;
                float level = Weights.level(router, format, row, unit, i % Weights.UNIT);
                float weight =
                        Weights.scale(router, format, row, unit) * level - Weights.offset(router, format, row, unit);
                part += weight * x.get(token * columns + i);
            }
            float sum = Norms.sum(context, item, part, MANY);
            if (item == 0) {
                out.set(token * experts + expert, sum);
            }
            context.localBarrier();
        }
    }

    /** The grid of {@link #route} for up to {@code tokens} tokens: one item each, in groups of 32. */
    public static WorkerGrid routeGrid(int tokens) {
        return Grids.groups(Math.ceilDiv(tokens, GROUP), GROUP);
    }

    /**
     * The {@code expertsPerToken} highest logits of each token, of equal ones the lowest expert, and the sigmoids of them.
     * Each item goes through its token's logits once more per choice.
     *
     * <p>Twin: {@code model.Router.assign}.
     *
     * @param choice {@code [tokens, expertsPerToken]}
     * @param scores {@code [tokens, expertsPerToken]}
     * @param logits {@code [tokens, experts]}
     */
    public static void route(
            KernelContext context,
            IntArray step,
            IntArray choice,
            FloatArray scores,
            FloatArray logits,
            int experts,
            int expertsPerToken) {
        int token = context.globalIdx;
        if (token < step.get(Step.TOKENS)) {
            for (int rank = 0; rank < expertsPerToken; rank++) {
                int expert = chosen(logits, token * experts, experts, rank);
                choice.set(token * expertsPerToken + rank, expert);
                scores.set(token * expertsPerToken + rank, Elements.sigmoid(logits.get(token * experts + expert)));
            }
        }
    }

    /** The expert whose logit, a finite one, is the {@code rank}-th highest of those from {@code from} on; of equal ones the lower. */
    static int chosen(FloatArray logits, int from, int experts, int rank) {
        int chosen = 0;
        float bound = Float.MAX_VALUE;
        int boundExpert = -1;
        for (int round = 0; round <= rank; round++) {
            float best = -Float.MAX_VALUE;
            chosen = 0;
            for (int expert = 0; expert < experts; expert++) {
                float logit = logits.get(from + expert);
                boolean isLeft = logit < bound;
                if (logit == bound) {
                    isLeft = expert > boundExpert;
                }
                if (isLeft && logit > best) {
                    best = logit;
                    chosen = expert;
                }
            }
            bound = best;
            boundExpert = chosen;
        }
        return chosen;
    }

    /** The grid of {@link #group}: a group of 128 items per expert. */
    public static WorkerGrid groupGrid(int experts) {
        return Grids.groups(experts, SORTERS);
    }

    /**
     * Sorts assignments by expert, those of one expert in the order of tokens. Every group counts the assignments to earlier
     * experts and to its own, each item in a stretch of them, so that it knows where those of its stretch go. So every group reads
     * all assignments twice, which are few.
     *
     * <p>Twin: {@code model.Router.assign}.
     *
     * @param order {@code [tokens * expertsPerToken]}
     * @param offsets {@code [2, experts + 1]}: for products in tiles of tokens, then for those with rounded inputs; there are no
     *     assignments for those that the step does not take
     * @param choice {@code [tokens * expertsPerToken]}
     * @param mostRounded tokens of the largest step that takes products with rounded inputs
     */
    public static void group(
            KernelContext context,
            IntArray step,
            IntArray order,
            IntArray offsets,
            IntArray choice,
            int experts,
            int expertsPerToken,
            int mostRounded) {
        int[] earlier = context.allocateIntLocalArray(SORTERS);
        int[] own = context.allocateIntLocalArray(SORTERS);
        int item = context.localIdx;
        int expert = context.groupIdx;
        int tokens = step.get(Step.TOKENS);
        int assignments = tokens * expertsPerToken;
        int stretch = (assignments + SORTERS - 1) / SORTERS;
        int from = TornadoMath.min(item * stretch, assignments);
        int to = TornadoMath.min(from + stretch, assignments);
        int toEarlier = 0;
        int toOwn = 0;
        for (int assignment = from; assignment < to; assignment++) {
            int chosen = choice.get(assignment);
            if (chosen < expert) {
                toEarlier++;
            }
            if (chosen == expert) {
                toOwn++;
            }
        }
        earlier[item] = toEarlier;
        own[item] = toOwn;
        context.localBarrier();
        int at = 0;
        for (int i = 0; i < SORTERS; i++) {
            at += earlier[i];
            if (i < item) {
                at += own[i];
            }
        }
        if (item == 0) {
            int taken = tokens <= mostRounded ? experts + 1 : 0;
            int other = experts + 1 - taken;
            offsets.set(taken + expert, at);
            offsets.set(other + expert, 0);
            if (expert == experts - 1) {
                offsets.set(taken + experts, assignments);
                offsets.set(other + experts, 0);
            }
        }
        for (int assignment = from; assignment < to; assignment++) {
            if (choice.get(assignment) == expert) {
                order.set(at, assignment);
                at++;
            }
        }
        context.localBarrier();
    }
}
