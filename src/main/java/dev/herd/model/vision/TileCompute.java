package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.Workers;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;

/** Kernels spread over the workers for many rows at once: each method is one or two parallel regions. */
public record TileCompute(Kernels kernels, Workers workers) {
    /** Rows that are multiplied together: their inputs stay in the second-level cache while the weights pass by. */
    private static final int BAND_ROWS = 512;

    /** {@code out = x · weightsᵀ}, for {@code rows} rows; split both ways, so that many cores find work. */
    public void matMul(Floats out, Floats x, WeightMatrix weights, int rows) {
        int outputs = weights.rows();
        int columns = weights.columns();
        workers.run(Math.multiplyExact(Math.ceilDiv(rows, BAND_ROWS), outputs), (from, to, worker) -> {
            int start = from;
            while (start < to) {
                int band = start / outputs;
                int end = Math.min(to, (band + 1) * outputs);
                int firstRow = band * BAND_ROWS;
                int count = Math.min(BAND_ROWS, rows - firstRow);
                kernels.matMul(
                        out.slice((long) firstRow * outputs, (long) count * outputs),
                        x.slice((long) firstRow * columns, (long) count * columns),
                        weights,
                        count,
                        start - band * outputs,
                        end - band * outputs);
                start = end;
            }
        });
    }

    /** {@code out = x · weightᵀ + bias}. */
    public void linear(Floats out, Floats x, Linear linear, int rows) {
        matMul(out, x, linear.weight(), rows);
        int size = linear.weight().rows();
        workers.run(rows, (from, to, worker) -> kernels.addBias(out, linear.bias(), size, from, to));
    }

    /** {@code out = gelu(x · weightᵀ + bias)}. */
    public void linearGelu(Floats out, Floats x, Linear linear, int rows) {
        matMul(out, x, linear.weight(), rows);
        int size = linear.weight().rows();
        workers.run(rows, (from, to, worker) -> {
            kernels.addBias(out, linear.bias(), size, from, to);
            kernels.gelu(out, (long) from * size, (long) to * size);
        });
    }

    /** {@code x = gelu(x)}, for {@code rows} rows of {@code size}. */
    public void gelu(Floats x, int size, int rows) {
        workers.run(rows, (from, to, worker) -> kernels.gelu(x, (long) from * size, (long) to * size));
    }

    /** The layer norm of every row. */
    public void layerNorm(Floats out, Floats x, Norm norm, float epsilon, int rows) {
        int size = (int) norm.weight().size();
        workers.run(
                rows,
                (from, to, worker) -> kernels.layerNorm(out, x, norm.weight(), norm.bias(), epsilon, size, from, to));
    }

    /** {@code out += x}, for {@code rows} rows of {@code size}. */
    public void add(Floats out, Floats x, int size, int rows) {
        workers.run(rows, (from, to, worker) -> kernels.add(out, x, (long) from * size, (long) to * size));
    }
}
