package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelWeights.GatedFfn;

/** {@code down(silu(gate(x)) · up(x))} (llama4.md 2.9); also what a shared and a routed expert compute. */
record DenseFfn(GatedFfn weights, Compute compute) implements FeedForward {
    @Override
    public void forward(Activations a, Step step) {
        forward(a.branch, a.normed, a, step.tokens());
    }

    /**
     * The same for any rows.
     *
     * @param out {@code [tokens, hiddenSize]}
     * @param x {@code [tokens, hiddenSize]}
     */
    void forward(Floats out, Floats x, Activations a, int tokens) {
        compute.matMul(x, tokens, new Product(a.gate, weights.gateProj()), new Product(a.up, weights.upProj()));
        int ffnSize = weights.gateProj().rows();
        compute.workers()
                .run(tokens * ffnSize, (from, to, worker) -> compute.kernels().swiGlu(a.gate, a.up, from, to));
        compute.matMul(out, a.gate, weights.downProj(), tokens);
    }
}
