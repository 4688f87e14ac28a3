package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.ModelWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The decoder once more, in double precision and without cache, batches, kernels or any code of the real one: every
 * token's layer input is kept and each formula of llama4.md section 2 stands as written there. F32 weights only.
 */
public final class NaiveLlama4 {
    private final ModelConfig config;
    private final ModelWeights weights;

    NaiveLlama4(RandomModel model) {
        this(model.config, model.weights);
    }

    /** The decoder of any checkpoint. */
    public NaiveLlama4(ModelConfig config, ModelWeights weights) {
        this.config = config;
        this.weights = weights;
    }

    /** Logits of every position: {@code [tokens][vocabularySize]}. */
    public double[][] forward(int[] tokens) {
        double[][] h = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            h[t] = row(weights.embedding(), tokens[t]);
        }
        for (int layer = 0; layer < config.layerCount(); layer++) {
            LayerWeights w = weights.layers().get(layer);
            double[][] x = normAll(h, w.attentionNorm());
            addAll(h, attention(x, w, config.layers().get(layer).kind()));
            x = normAll(h, w.ffnNorm());
            for (int t = 0; t < tokens.length; t++) {
                add(h[t], ffn(x[t], w));
            }
        }
        double[][] logits = normAll(h, weights.outputNorm());
        for (int t = 0; t < tokens.length; t++) {
            logits[t] = times(weights.output(), logits[t]);
        }
        return logits;
    }

    private double[][] attention(double[][] x, LayerWeights w, LayerKind kind) {
        int size = config.headSize();
        double[][] out = new double[x.length][];
        double[][] queries = new double[x.length][];
        double[][] keys = new double[x.length][];
        double[][] values = new double[x.length][];
        for (int p = 0; p < x.length; p++) {
            queries[p] = place(times(w.queryProj(), x[p]), p, kind, true);
            keys[p] = place(times(w.keyProj(), x[p]), p, kind, false);
            values[p] = times(w.valueProj(), x[p]);
        }
        for (int q = 0; q < x.length; q++) {
            double[] heads = new double[config.headCount() * size];
            for (int head = 0; head < config.headCount(); head++) {
                int kvHead = head / (config.headCount() / config.kvHeadCount());
                double[] scores = new double[q + 1];
                for (int k = 0; k <= q; k++) {
                    boolean isVisible = kind == LayerKind.GLOBAL
                            || config.attentionChunkSize() == 0
                            || k / config.attentionChunkSize() == q / config.attentionChunkSize();
                    double dot = 0;
                    for (int i = 0; i < size; i++) {
                        dot += queries[q][head * size + i] * keys[k][kvHead * size + i];
                    }
                    scores[k] = isVisible ? dot / Math.sqrt(size) : Double.NEGATIVE_INFINITY;
                }
                double max = Arrays.stream(scores).max().orElseThrow();
                double sum = Arrays.stream(scores).map(s -> Math.exp(s - max)).sum();
                for (int k = 0; k <= q; k++) {
                    for (int i = 0; i < size; i++) {
                        heads[head * size + i] += Math.exp(scores[k] - max) / sum * values[k][kvHead * size + i];
                    }
                }
            }
            out[q] = times(w.outputProj(), heads);
        }
        return out;
    }

    private double[] place(double[] x, int position, LayerKind kind, boolean isQuery) {
        double[] y = x.clone();
        int size = config.headSize();
        if (kind == LayerKind.GLOBAL) {
            AttentionTemperature temperature = config.attentionTemperature();
            if (isQuery && temperature != null) {
                double factor =
                        1 + temperature.scale() * Math.log(Math.floor((position + 1) / temperature.floor()) + 1);
                Arrays.setAll(y, i -> factor * x[i]);
            }
            return y;
        }
        for (int first = 0; first < x.length; first += size) {
            for (int pair = 0; pair < size / 2; pair++) {
                double angle = position * frequency(pair);
                double a = x[first + 2 * pair];
                double b = x[first + 2 * pair + 1];
                y[first + 2 * pair] = a * Math.cos(angle) - b * Math.sin(angle);
                y[first + 2 * pair + 1] = a * Math.sin(angle) + b * Math.cos(angle);
            }
            if (config.usesQkNorm()) {
                int start = first;
                double mean = IntStream.range(0, size)
                                .mapToDouble(i -> y[start + i] * y[start + i])
                                .sum()
                        / size;
                for (int i = 0; i < size; i++) {
                    y[first + i] /= Math.sqrt(mean + config.normEpsilon());
                }
            }
        }
        return y;
    }

    private double frequency(int pair) {
        double f = Math.pow(config.ropeTheta(), -2.0 * pair / config.headSize());
        RopeScaling s = config.ropeScaling();
        if (s == null) {
            return f;
        }
        double wavelength = 2 * Math.PI / f;
        if (wavelength < (double) s.originalContext() / s.highFrequencyFactor()) {
            return f;
        }
        if (wavelength > (double) s.originalContext() / s.lowFrequencyFactor()) {
            return f / s.factor();
        }
        double smooth = (s.originalContext() / wavelength - s.lowFrequencyFactor())
                / (s.highFrequencyFactor() - s.lowFrequencyFactor());
        return (1 - smooth) * f / s.factor() + smooth * f;
    }

    private double[] ffn(double[] x, LayerWeights w) {
        return switch (w.ffn()) {
            case GatedFfn dense -> gated(x, dense);
            case MoeFfn moe -> {
                double[] out = gated(x, moe.sharedExpert());
                double[] logits = times(moe.router(), x);
                IntStream.range(0, logits.length)
                        .boxed()
                        .sorted((a, b) -> Double.compare(logits[b], logits[a]))
                        .limit(config.expertsPerToken())
                        .forEach(expert -> {
                            double score = 1 / (1 + Math.exp(-logits[expert]));
                            double[] scaled =
                                    Arrays.stream(x).map(v -> score * v).toArray();
                            add(out, gated(scaled, moe.experts().get(expert)));
                        });
                yield out;
            }
        };
    }

    private static double[] gated(double[] x, GatedFfn w) {
        double[] gate = times(w.gateProj(), x);
        double[] up = times(w.upProj(), x);
        double[] inner = new double[gate.length];
        Arrays.setAll(inner, i -> gate[i] / (1 + Math.exp(-gate[i])) * up[i]);
        return times(w.downProj(), inner);
    }

    private double[][] normAll(double[][] x, Floats weight) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double mean = Arrays.stream(x[t]).map(v -> v * v).average().orElseThrow();
            double[] row = new double[x[t].length];
            for (int i = 0; i < row.length; i++) {
                row[i] = x[t][i] / Math.sqrt(mean + config.normEpsilon()) * weight.get(i);
            }
            y[t] = row;
        }
        return y;
    }

    private static void addAll(double[][] to, double[][] x) {
        for (int t = 0; t < to.length; t++) {
            add(to[t], x[t]);
        }
    }

    private static void add(double[] to, double[] x) {
        for (int i = 0; i < to.length; i++) {
            to[i] += x[i];
        }
    }

    private static double[] times(WeightMatrix matrix, double[] x) {
        double[] y = new double[matrix.rows()];
        for (int r = 0; r < y.length; r++) {
            double[] row = row(matrix, r);
            for (int c = 0; c < row.length; c++) {
                y[r] += row[c] * x[c];
            }
        }
        return y;
    }

    private static double[] row(WeightMatrix matrix, int row) {
        WeightMatrix.RowMajor m = (WeightMatrix.RowMajor) matrix;
        double[] values = new double[m.columns()];
        for (int c = 0; c < values.length; c++) {
            values[c] = m.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * m.columns() + c);
        }
        return values;
    }
}
