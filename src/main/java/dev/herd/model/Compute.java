package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.Workers;
import dev.herd.kernels.Workers.RangeTask;
import dev.herd.weights.ModelWeights.GatedFfn;
import org.jspecify.annotations.Nullable;

/**
 * Kernels spread over the workers: each method is one parallel region, complete when it returns. Used by one thread at a
 * time.
 */
final class Compute {
    /*
     * What a region works on is kept in fields, and the tasks are made once: a lambda that captured it would be allocated
     * some hundred times per token. Workers see the fields, since a task is announced after they are written, and none
     * reads them any more when run returns.
     */
    private static final Floats NOTHING = Floats.copyOf();

    private final Kernels kernels;
    private final Workers workers;
    private final RangeTask productRange = this::productRange;
    private final RangeTask gateRange = this::gateRange;
    private final RangeTask normRange = this::normRange;
    private final RangeTask addRange = this::addRange;
    private final RangeTask partRange = this::partRange;
    private Product[] products = new Product[0];
    private @Nullable GatedFfn gated;
    private LayerPart part = (from, to) -> {};
    private Floats out = NOTHING;
    private Floats x = NOTHING;
    private Floats other = NOTHING;
    private float epsilon;
    private int size;
    private int tokens;

    Compute(Kernels kernels, Workers workers) {
        this.kernels = kernels;
        this.workers = workers;
    }

    Kernels kernels() {
        return kernels;
    }

    /** Runs any other work over {@code [0, rows)}. */
    void run(int rows, LayerPart next) {
        part = next;
        workers.run(rows, partRange);
    }

    private void partRange(int from, int to, int worker) {
        part.run(from, to);
    }

    /**
     * {@code out = x · weightsᵀ} of each product, for {@code tokenCount} rows, in one region, so that small matrices
     * share one hand-over.
     */
    void multiply(Floats input, int tokenCount, Product[] several) {
        x = input;
        tokens = tokenCount;
        products = several;
        int rows = 0;
        for (Product product : several) {
            rows += product.weights.rows();
        }
        workers.run(rows, productRange);
    }

    private void productRange(int from, int to, int worker) {
        int first = 0;
        for (Product product : products) {
            int productFrom = Math.max(from - first, 0);
            int productTo = Math.min(to - first, product.weights.rows());
            if (productFrom < productTo) {
                kernels.matMul(product.out, x, product.weights, tokens, productFrom, productTo);
            }
            first += product.weights.rows();
        }
    }

    /** {@code gate = silu(gateProj(x)) · upProj(x)}, for {@code tokenCount} rows; {@code up} is scratch. */
    void gate(Floats gate, Floats up, Floats input, GatedFfn ffn, int tokenCount) {
        out = gate;
        other = up;
        x = input;
        gated = ffn;
        tokens = tokenCount;
        workers.run(ffn.gateProj().rows(), gateRange);
    }

    /** Whoever computed a stretch of rows of both projections has them in its cache, and needs no other for the gate. */
    private void gateRange(int from, int to, int worker) {
        GatedFfn ffn = gated;
        if (ffn == null) {
            throw new IllegalStateException("there is nothing to gate");
        }
        kernels.matMul(out, x, ffn.gateProj(), tokens, from, to);
        kernels.matMul(other, x, ffn.upProj(), tokens, from, to);
        long rows = ffn.gateProj().rows();
        for (int token = 0; token < tokens; token++) {
            kernels.swiGlu(out, other, token * rows + from, token * rows + to);
        }
    }

    /** The RMS norm of every row. */
    void rmsNorm(Floats target, Floats input, Floats weight, float normEpsilon, int rowSize, int tokenCount) {
        out = target;
        x = input;
        other = weight;
        epsilon = normEpsilon;
        size = rowSize;
        workers.run(tokenCount, normRange);
    }

    private void normRange(int from, int to, int worker) {
        kernels.rmsNorm(out, x, other, epsilon, size, from, to);
    }

    /** {@code out += x}, for {@code tokenCount} rows of {@code rowSize}. */
    void add(Floats target, Floats input, int rowSize, int tokenCount) {
        out = target;
        x = input;
        size = rowSize;
        workers.run(tokenCount, addRange);
    }

    private void addRange(int from, int to, int worker) {
        kernels.add(out, x, (long) from * size, (long) to * size);
    }

    /** A matrix and where its product goes. */
    record Product(Floats out, WeightMatrix weights) {}

    /** Work of a layer on a range of rows or of other items; made once per layer. */
    @FunctionalInterface
    interface LayerPart {
        void run(int from, int to);
    }
}
