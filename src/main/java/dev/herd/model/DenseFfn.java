package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelWeights.GatedFfn;

/** {@code down(silu(gate(x)) · up(x))} (llama4.md 2.9); also what a shared and a routed expert compute. */
final class DenseFfn implements FeedForward {
    private final GatedFfn weights;
    private final Compute compute;
    private final Activations a;
    private final Step step;
    private final Floats x; // [tokens, hiddenSize]
    private final Product[] down;

    /** The layer's own: from {@code normed} to {@code branch}. */
    DenseFfn(GatedFfn weights, Compute compute, Activations a, Step step) {
        this(weights, compute, a, step, a.branch, a.normed);
    }

    /**
     * The same for any rows.
     *
     * @param out {@code [tokens, hiddenSize]}
     * @param x {@code [tokens, hiddenSize]}
     */
    DenseFfn(GatedFfn weights, Compute compute, Activations a, Step step, Floats out, Floats x) {
        this.weights = weights;
        this.compute = compute;
        this.a = a;
        this.step = step;
        this.x = x;
        this.down = new Product[] {new Product(out, weights.downProj())};
    }

    @Override
    public void forward() {
        forward(step.tokens());
    }

    /** Computes the first {@code tokens} rows. */
    void forward(int tokens) {
        compute.gate(a.gate, a.up, x, weights, tokens);
        compute.multiply(a.gate, tokens, down);
    }
}
