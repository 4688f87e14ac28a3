package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The choice of experts, made and kept on the device. */
public final class Router {
    private static final int GROUP = 32;

    private Router() {}

    /** The grid of {@link #route} for up to {@code tokens} tokens: one item each, in groups of 32. */
    public static WorkerGrid routeGrid(int tokens) {
        return Grids.groups(Math.ceilDiv(tokens, GROUP), GROUP);
    }

    /**
     * The {@code expertsPerToken} highest logits of each token, of equal ones the lowest expert, and the sigmoids of them.
     * Each item goes through its token's logits once per choice.
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
            int from = token * experts;
            int first = token * expertsPerToken;
            for (int rank = 0; rank < expertsPerToken; rank++) {
                float best = -Float.MAX_VALUE;
                int bestExpert = 0;
                for (int expert = 0; expert < experts; expert++) {
                    int taken = 0;
                    for (int earlier = 0; earlier < rank; earlier++) {
                        if (choice.get(first + earlier) == expert) {
                            taken = 1;
                        }
                    }
                    float logit = logits.get(from + expert);
                    if (taken == 0 && logit > best) {
                        best = logit;
                        bestExpert = expert;
                    }
                }
                choice.set(first + rank, bestExpert);
                scores.set(first + rank, Elements.sigmoid(best));
            }
        }
    }

    /** The grid of {@link #group}: an item per expert, in groups of 32. */
    public static WorkerGrid groupGrid(int experts) {
        return Grids.groups(Math.ceilDiv(experts, GROUP), GROUP);
    }

    /**
     * Sorts assignments by expert, those of one expert in the order of tokens: each item counts those of earlier experts,
     * so that it knows where its own begin, and writes them. Every item reads all assignments twice, which are few.
     *
     * <p>Twin: {@code model.Router.assign}.
     *
     * @param order {@code [tokens * expertsPerToken]}
     * @param offsets {@code [experts + 1]}
     * @param choice {@code [tokens * expertsPerToken]}
     */
    public static void group(
            KernelContext context,
            IntArray step,
            IntArray order,
            IntArray offsets,
            IntArray choice,
            int experts,
            int expertsPerToken) {
        int expert = context.globalIdx;
        if (expert < experts) {
            int assignments = step.get(Step.TOKENS) * expertsPerToken;
            int at = 0;
            for (int assignment = 0; assignment < assignments; assignment++) {
                if (choice.get(assignment) < expert) {
                    at++;
                }
            }
            offsets.set(expert, at);
            for (int assignment = 0; assignment < assignments; assignment++) {
                if (choice.get(assignment) == expert) {
                    order.set(at, assignment);
                    at++;
                }
            }
            if (expert == experts - 1) {
                offsets.set(experts, at);
            }
        }
    }
}
