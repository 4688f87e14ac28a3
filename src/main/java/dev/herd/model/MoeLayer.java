package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.util.List;

/**
 * Mixture of experts (llama4.md 2.10): the shared expert sees every token as it is; each chosen expert sees the token
 * multiplied by its router score, which is not the same as scaling what it returns.
 */
final class MoeLayer implements FeedForward {
    private final MoeFfn weights;
    private final Router router;
    private final DenseFfn sharedExpert;
    private final List<DenseFfn> experts;
    private final Compute compute;
    private final int hiddenSize;

    /** The router's lists are scratch of the step and shared by all layers. */
    MoeLayer(MoeFfn weights, Router router, Compute compute) {
        this.weights = weights;
        this.router = router;
        this.compute = compute;
        this.hiddenSize = weights.router().columns();
        this.sharedExpert = new DenseFfn(weights.sharedExpert(), compute);
        this.experts = weights.experts().stream()
                .map(expert -> new DenseFfn(expert, compute))
                .toList();
    }

    @Override
    public void forward(Activations a, Step step) {
        compute.matMul(a.routerLogits, a.normed, weights.router(), step.tokens());
        router.assign(a.routerLogits, step.tokens());
        sharedExpert.forward(a, step);
        for (int expert = 0; expert < experts.size(); expert++) {
            int first = router.firstOf(expert);
            int count = router.firstOf(expert + 1) - first;
            if (count > 0) {
                compute.workers().run(count, (from, to, worker) -> gather(a, first, from, to));
                experts.get(expert).forward(a.expertOutput, a.expertInput, a, count);
                compute.workers().run(count, (from, to, worker) -> scatter(a, first, from, to));
            }
        }
    }

    private void gather(Activations a, int first, int from, int to) {
        for (int row = from; row < to; row++) {
            long in = (long) router.token(first + row) * hiddenSize;
            long out = (long) row * hiddenSize;
            float score = router.score(first + row);
            for (int i = 0; i < hiddenSize; i++) {
                a.expertInput.set(out + i, score * a.normed.get(in + i));
            }
        }
    }

    /** An expert has each token at most once, so no two rows go to the same place. */
    private void scatter(Activations a, int first, int from, int to) {
        Floats branch = a.branch;
        for (int row = from; row < to; row++) {
            long out = (long) router.token(first + row) * hiddenSize;
            long in = (long) row * hiddenSize;
            for (int i = 0; i < hiddenSize; i++) {
                branch.set(out + i, branch.get(out + i) + a.expertOutput.get(in + i));
            }
        }
    }
}
