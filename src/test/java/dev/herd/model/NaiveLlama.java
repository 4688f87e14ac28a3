package dev.herd.model;

import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.TinyLlama;
import dev.herd.weights.TinyLlama.Sizes;
import java.util.Arrays;

/**
 * {@code LlamaForCausalLM} in double precision, in loops as plain as can be and without any code of Herd's: on the
 * tensors as transformers names and orders them, with its rotation of halves.
 */
public final class NaiveLlama {
    private final TinyLlama model;
    private final Sizes sizes;

    public NaiveLlama(TinyLlama model) {
        this.model = model;
        this.sizes = model.sizes();
    }

    /** Logits of every position: {@code [tokens][vocabulary]}. */
    public double[][] forward(int[] tokens) {
        double[][] h = new double[tokens.length][sizes.hidden()];
        float[] embedding = model.tensor("model.embed_tokens.weight");
        for (int t = 0; t < tokens.length; t++) {
            for (int i = 0; i < sizes.hidden(); i++) {
                h[t][i] = embedding[tokens[t] * sizes.hidden() + i];
            }
        }
        for (int layer = 0; layer < sizes.layers(); layer++) {
            String in = "model.layers." + layer + ".";
            double[][] attended = attention(normed(h, in + "input_layernorm.weight"), in + "self_attn.");
            addTo(h, attended);
            double[][] x = normed(h, in + "post_attention_layernorm.weight");
            for (int t = 0; t < h.length; t++) {
                x[t] = mlp(x[t], in + "mlp.");
            }
            addTo(h, x);
        }
        double[][] logits = normed(h, "model.norm.weight");
        for (int t = 0; t < h.length; t++) {
            logits[t] = times("lm_head.weight", logits[t]);
        }
        return logits;
    }

    private double[][] attention(double[][] x, String in) {
        int size = sizes.headSize();
        double[][] queries = new double[x.length][];
        double[][] keys = new double[x.length][];
        double[][] values = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            queries[t] = rotated(times(in + "q_proj.weight", x[t]), t);
            keys[t] = rotated(times(in + "k_proj.weight", x[t]), t);
            values[t] = times(in + "v_proj.weight", x[t]);
        }
        double[][] out = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] heads = new double[sizes.heads() * size];
            for (int head = 0; head < sizes.heads(); head++) {
                int kvHead = head / (sizes.heads() / sizes.kvHeads());
                double[] weights = new double[t + 1];
                for (int k = 0; k <= t; k++) {
                    for (int i = 0; i < size; i++) {
                        weights[k] += queries[t][head * size + i] * keys[k][kvHead * size + i] / Math.sqrt(size);
                    }
                }
                double largest = Arrays.stream(weights).max().orElseThrow();
                double sum = 0;
                for (int k = 0; k <= t; k++) {
                    weights[k] = Math.exp(weights[k] - largest);
                    sum += weights[k];
                }
                for (int k = 0; k <= t; k++) {
                    for (int i = 0; i < size; i++) {
                        heads[head * size + i] += weights[k] / sum * values[k][kvHead * size + i];
                    }
                }
            }
            out[t] = times(in + "o_proj.weight", heads);
        }
        return out;
    }

    /** {@code x * cos + rotate_half(x) * sin}, head by head. */
    private double[] rotated(double[] x, int position) {
        int half = sizes.headSize() / 2;
        double[] y = new double[x.length];
        for (int first = 0; first < x.length; first += sizes.headSize()) {
            for (int i = 0; i < sizes.headSize(); i++) {
                double angle = position * frequency(i % half);
                double turned = i < half ? -x[first + i + half] : x[first + i - half];
                y[first + i] = x[first + i] * Math.cos(angle) + turned * Math.sin(angle);
            }
        }
        return y;
    }

    private double frequency(int pair) {
        double frequency = 1 / Math.pow(sizes.theta(), 2.0 * pair / sizes.headSize());
        RopeScaling scaling = sizes.scaling();
        if (scaling == null) {
            return frequency;
        }
        double original = scaling.originalContext();
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength > original / scaling.lowFrequencyFactor()) {
            return frequency / scaling.factor();
        }
        if (wavelength < original / scaling.highFrequencyFactor()) {
            return frequency;
        }
        double smooth = (original / wavelength - scaling.lowFrequencyFactor())
                / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
        return (1 - smooth) * frequency / scaling.factor() + smooth * frequency;
    }

    private double[] mlp(double[] x, String in) {
        double[] gate = times(in + "gate_proj.weight", x);
        double[] up = times(in + "up_proj.weight", x);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        }
        return times(in + "down_proj.weight", gate);
    }

    private double[][] normed(double[][] x, String name) {
        float[] weight = model.tensor(name);
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            double squares = 0;
            for (double value : x[t]) {
                squares += value * value;
            }
            for (int i = 0; i < x[t].length; i++) {
                y[t][i] = weight[i] * x[t][i] / Math.sqrt(squares / x[t].length + Sizes.EPSILON);
            }
        }
        return y;
    }

    private double[] times(String name, double[] x) {
        float[] matrix = model.tensor(name);
        double[] y = new double[matrix.length / x.length];
        for (int row = 0; row < y.length; row++) {
            for (int column = 0; column < x.length; column++) {
                y[row] += matrix[row * x.length + column] * x[column];
            }
        }
        return y;
    }

    private static void addTo(double[][] h, double[][] x) {
        for (int t = 0; t < h.length; t++) {
            for (int i = 0; i < h[t].length; i++) {
                h[t][i] += x[t][i];
            }
        }
    }
}
