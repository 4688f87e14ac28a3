package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.Workers;

/** Kernels spread over the workers: each method is one parallel region, complete when it returns. */
record Compute(Kernels kernels, Workers workers) {
    /** {@code out = x · weightsᵀ}, for {@code tokens} rows. */
    void matMul(Floats out, Floats x, WeightMatrix weights, int tokens) {
        workers.run(weights.rows(), (from, to, worker) -> kernels.matMul(out, x, weights, tokens, from, to));
    }

    /** Several products of the same {@code x} in one region, so that small matrices share one hand-over. */
    void matMul(Floats x, int tokens, Product... products) {
        int rows = 0;
        for (Product product : products) {
            rows += product.weights.rows();
        }
        workers.run(rows, (from, to, worker) -> {
            int first = 0;
            for (Product product : products) {
                int productFrom = Math.max(from - first, 0);
                int productTo = Math.min(to - first, product.weights.rows());
                if (productFrom < productTo) {
                    kernels.matMul(product.out, x, product.weights, tokens, productFrom, productTo);
                }
                first += product.weights.rows();
            }
        });
    }

    /** The RMS norm of every row. */
    void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int tokens) {
        workers.run(tokens, (from, to, worker) -> kernels.rmsNorm(out, x, weight, epsilon, size, from, to));
    }

    /** {@code out += x}, for {@code tokens} rows of {@code size}. */
    void add(Floats out, Floats x, int size, int tokens) {
        workers.run(tokens, (from, to, worker) -> kernels.add(out, x, (long) from * size, (long) to * size));
    }

    /** A matrix and where its product goes. */
    record Product(Floats out, WeightMatrix weights) {}
}
