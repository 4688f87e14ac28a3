package dev.herd.model.deberta;

import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.DebertaConfig;
import dev.herd.weights.DebertaWeights;
import dev.herd.weights.DebertaWeights.Layer;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The classifier once more, in double precision, one sequence at a time and as safety.md 2.2 states it, without any code
 * of the real one. F32 weights only.
 */
public record NaiveDeberta(DebertaConfig config, DebertaWeights weights) {
    /** The logits; {@code isMasked[i]} for padding. */
    public double[] logits(int[] tokens, boolean[] isMasked) {
        double[][] x = new double[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
            x[i] = norm(row(weights.embedding(), tokens[i]), weights.embeddingNorm());
            if (isMasked[i]) {
                Arrays.fill(x[i], 0);
            }
        }
        double[][] table = new double[2 * config.relativeSpan()][];
        for (int i = 0; i < table.length; i++) {
            double[] entry = new double[config.hiddenSize()];
            for (int c = 0; c < entry.length; c++) {
                entry[c] = weights.relative().get((long) i * entry.length + c);
            }
            table[i] = norm(entry, weights.relativeNorm());
        }
        for (Layer layer : weights.layers()) {
            double[][] context = attention(x, table, layer, isMasked);
            for (int i = 0; i < x.length; i++) {
                double[] h = norm(sum(x[i], linear(context[i], layer.outputProj())), layer.attentionNorm());
                double[] ffn = linear(gelu(linear(h, layer.ffnIn())), layer.ffnOut());
                x[i] = norm(sum(h, ffn), layer.ffnNorm());
            }
        }
        return linear(gelu(linear(x[0], weights.pooler())), weights.classifier());
    }

    private double[][] attention(double[][] x, double[][] table, Layer layer, boolean[] isMasked) {
        int n = x.length;
        double[][] q = each(x, layer.queryProj());
        double[][] k = each(x, layer.keyProj());
        double[][] v = each(x, layer.valueProj());
        double[][] pk = each(table, layer.keyProj());
        double[][] pq = each(table, layer.queryProj());
        double[][] out = new double[n][config.hiddenSize()];
        int size = config.hiddenSize() / config.headCount();
        for (int head = 0; head < config.headCount(); head++) {
            for (int i = 0; i < n; i++) {
                if (isMasked[i]) {
                    continue;
                }
                double[] score = new double[n];
                double total = 0;
                for (int j = 0; j < n; j++) {
                    int t = Math.clamp((long) bucket(i - j) + table.length / 2, 0, table.length - 1);
                    for (int c = head * size; c < (head + 1) * size; c++) {
                        score[j] += q[i][c] * k[j][c] + q[i][c] * pk[t][c] + k[j][c] * pq[t][c];
                    }
                    score[j] = isMasked[j] ? 0 : Math.exp(score[j] / Math.sqrt(3.0 * size));
                    total += score[j];
                }
                for (int j = 0; j < n; j++) {
                    for (int c = head * size; c < (head + 1) * size; c++) {
                        out[i][c] += score[j] / total * v[j][c];
                    }
                }
            }
        }
        return out;
    }

    private int bucket(int r) {
        double mid = config.positionBuckets() / 2.0;
        if (Math.abs(r) <= mid) {
            return r;
        }
        double log = Math.log(Math.abs(r) / mid) / Math.log((config.maxRelativePositions() - 1) / mid);
        return (int) (Math.signum(r) * (Math.ceil(log * (mid - 1)) + mid));
    }

    private static double[][] each(double[][] x, Linear linear) {
        return Arrays.stream(x).map(row -> linear(row, linear)).toArray(double[][]::new);
    }

    private double[] norm(double[] x, Norm norm) {
        double mean = Arrays.stream(x).average().orElseThrow();
        double variance =
                Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = (x[i] - mean)
                            / Math.sqrt(variance + config.normEpsilon())
                            * norm.weight().get(i)
                    + norm.bias().get(i);
        }
        return y;
    }

    private static double[] linear(double[] x, Linear linear) {
        double[] y = new double[linear.weight().rows()];
        for (int r = 0; r < y.length; r++) {
            double[] row = row(linear.weight(), r);
            y[r] = linear.bias().get(r);
            for (int c = 0; c < row.length; c++) {
                y[r] += row[c] * x[c];
            }
        }
        return y;
    }

    /** With the error function integrated by Simpson's rule. */
    private static double[] gelu(double[] x) {
        return Arrays.stream(x).map(v -> v * (1 + erf(v / Math.sqrt(2))) / 2).toArray();
    }

    private static double erf(double z) {
        int steps = 2000;
        double h = z / steps;
        double sum = 1 + Math.exp(-z * z);
        for (int i = 1; i < steps; i++) {
            sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-(i * h) * (i * h));
        }
        return 2 / Math.sqrt(Math.PI) * sum * h / 3;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] y = new double[a.length];
        Arrays.setAll(y, i -> a[i] + b[i]);
        return y;
    }

    private static double[] row(WeightMatrix matrix, int row) {
        WeightMatrix.RowMajor m = (WeightMatrix.RowMajor) matrix;
        double[] values = new double[m.columns()];
        Arrays.setAll(values, c -> m.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * m.columns() + c));
        return values;
    }
}
