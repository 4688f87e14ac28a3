package dev.herd.model;

import dev.herd.model.Compute.LayerPart;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.util.List;

/**
 * Mixture of experts (llama4.md 2.10): the shared expert sees every token as it is; each chosen expert sees the token
 * multiplied by its router score, which is not the same as scaling what it returns.
 */
final class MoeLayer implements FeedForward {
    private final Router router;
    private final Product[] scores;
    private final DenseFfn sharedExpert;
    private final List<DenseFfn> experts;
    private final Compute compute;
    private final Activations a;
    private final Step step;
    private final int hiddenSize;
    private final LayerPart gather = this::gather;
    private final LayerPart scatter = this::scatter;
    private int first; // assignment of the expert under way

    /** The router's lists are scratch of the step and shared by all layers. */
    MoeLayer(MoeFfn weights, Router router, Compute compute, Activations a, Step step) {
        this.router = router;
        this.compute = compute;
        this.a = a;
        this.step = step;
        this.scores = new Product[] {new Product(a.routerLogits, weights.router())};
        this.hiddenSize = weights.router().columns();
        this.sharedExpert = new DenseFfn(weights.sharedExpert(), compute, a, step);
        this.experts = weights.experts().stream()
                .map(expert -> new DenseFfn(expert, compute, a, step, a.expertOutput, a.expertInput))
                .toList();
    }

    @Override
    public void forward() {
        compute.multiply(a.normed, step.tokens(), scores);
        router.assign(a.routerLogits, step.tokens());
        sharedExpert.forward();
        for (int expert = 0; expert < experts.size(); expert++) {
            first = router.firstOf(expert);
            int count = router.firstOf(expert + 1) - first;
            if (count > 0) {
                compute.run(count, gather);
                experts.get(expert).forward(count);
                compute.run(count, scatter);
            }
        }
    }

    private void gather(int from, int to) {
        for (int row = from; row < to; row++) {
            a.expertInput.copyFrom(start(row), a.normed, start(router.token(first + row)), hiddenSize);
            a.expertScores.set(row, router.score(first + row));
        }
        compute.kernels().scaleRows(a.expertInput, a.expertScores, hiddenSize, from, to);
    }

    /** An expert has each token at most once, so no two rows go to the same place. Its input is no longer needed. */
    private void scatter(int from, int to) {
        for (int row = from; row < to; row++) {
            long branch = start(router.token(first + row));
            a.expertInput.copyFrom(start(row), a.branch, branch, hiddenSize);
            compute.kernels().add(a.expertOutput, a.expertInput, start(row), start(row + 1));
            a.branch.copyFrom(branch, a.expertOutput, start(row), hiddenSize);
        }
    }

    private long start(int row) {
        return (long) row * hiddenSize;
    }
}
