package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import dev.herd.weights.VisionWeights.Layer;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;

/** The vision tower in double precision, one vector at a time, written from llama4.md 4.3 to 4.6 alone. */
final class NaiveVision {
    private final VisionConfig config;
    private final VisionTower tower;

    NaiveVision(VisionTower tower) {
        this.config = tower.config();
        this.tower = tower;
    }

    /** {@code [tokensPerTile][textSize]} of one tile of {@code [3, size, size]}. */
    double[][] encode(float[] pixels) {
        int patches = config.patchCount();
        double[][] x = new double[patches + 1][];
        for (int patch = 0; patch < patches; patch++) {
            x[patch] = product(tower.weights().patchProj(), patch(pixels, patch));
        }
        x[patches] = row(tower.weights().classEmbedding(), 0, config.hiddenSize());
        for (int i = 0; i <= patches; i++) {
            x[i] = sum(x[i], row(tower.weights().positions(), i, config.hiddenSize()));
            x[i] = norm(x[i], tower.weights().preNorm());
        }
        for (Layer layer : tower.weights().layers()) {
            layer(x, layer);
        }
        double[][] tokens = new double[config.tokensPerTile()][];
        for (int token = 0; token < tokens.length; token++) {
            double[] z = gelu(product(tower.weights().adapterIn(), merged(x, token)));
            z = gelu(product(tower.weights().adapterOut(), z));
            tokens[token] = product(tower.weights().projector(), z);
        }
        return tokens;
    }

    private double[] patch(float[] pixels, int patch) {
        int size = config.patchSize();
        int grid = config.tileSize() / size;
        double[] values = new double[3 * size * size];
        for (int i = 0; i < values.length; i++) {
            int channel = i / (size * size);
            int y = patch / grid * size + i / size % size;
            int x = patch % grid * size + i % size;
            values[i] = pixels[channel * config.tileSize() * config.tileSize() + y * config.tileSize() + x];
        }
        return values;
    }

    private void layer(double[][] x, Layer layer) {
        double[][] query = new double[x.length][];
        double[][] key = new double[x.length][];
        double[][] value = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            double[] u = norm(x[i], layer.attentionNorm());
            query[i] = rotated(linear(layer.queryProj(), u), i);
            key[i] = rotated(linear(layer.keyProj(), u), i);
            value[i] = linear(layer.valueProj(), u);
        }
        for (int i = 0; i < x.length; i++) {
            x[i] = sum(x[i], linear(layer.outputProj(), attention(query[i], key, value)));
        }
        for (int i = 0; i < x.length; i++) {
            double[] inner = gelu(linear(layer.ffnIn(), norm(x[i], layer.ffnNorm())));
            x[i] = sum(x[i], linear(layer.ffnOut(), inner));
        }
    }

    private double[] rotated(double[] x, int index) {
        int headSize = config.hiddenSize() / config.headCount();
        int quarter = headSize / 4;
        boolean isClass = index == config.patchCount();
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i += 2) {
            int pair = i % headSize / 2;
            int coordinate = pair < quarter ? index % config.gridSize() + 1 : index / config.gridSize() + 1;
            double angle =
                    isClass ? 0 : coordinate * Math.pow(config.ropeTheta(), -2.0 * (pair % quarter) / (headSize / 2.0));
            out[i] = x[i] * Math.cos(angle) - x[i + 1] * Math.sin(angle);
            out[i + 1] = x[i] * Math.sin(angle) + x[i + 1] * Math.cos(angle);
        }
        return out;
    }

    private double[] attention(double[] query, double[][] key, double[][] value) {
        int headSize = config.hiddenSize() / config.headCount();
        double[] out = new double[query.length];
        for (int head = 0; head < config.headCount(); head++) {
            double[] weights = new double[key.length];
            double total = 0;
            for (int other = 0; other < key.length; other++) {
                double dot = 0;
                for (int i = head * headSize; i < (head + 1) * headSize; i++) {
                    dot += query[i] * key[other][i];
                }
                weights[other] = Math.exp(dot / Math.sqrt(headSize));
                total += weights[other];
            }
            for (int other = 0; other < key.length; other++) {
                for (int i = head * headSize; i < (head + 1) * headSize; i++) {
                    out[i] += weights[other] / total * value[other][i];
                }
            }
        }
        return out;
    }

    /** Normed once more, as the tower's last norm comes before the patches are merged. */
    private double[] merged(double[][] x, int token) {
        int factor = config.shuffleFactor();
        int perRow = config.gridSize() / factor;
        double[] out = new double[config.hiddenSize() * factor * factor];
        for (int dy = 0; dy < factor; dy++) {
            for (int dx = 0; dx < factor; dx++) {
                int patch = (token / perRow * factor + dy) * config.gridSize() + token % perRow * factor + dx;
                double[] normed = norm(x[patch], tower.weights().postNorm());
                System.arraycopy(normed, 0, out, (dy * factor + dx) * config.hiddenSize(), config.hiddenSize());
            }
        }
        return out;
    }

    private double[] norm(double[] x, Norm norm) {
        double mean = 0;
        for (double value : x) {
            mean += value / x.length;
        }
        double variance = 0;
        for (double value : x) {
            variance += (value - mean) * (value - mean) / x.length;
        }
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = (x[i] - mean)
                            / Math.sqrt(variance + config.normEpsilon())
                            * norm.weight().get(i)
                    + norm.bias().get(i);
        }
        return out;
    }

    private static double[] linear(Linear linear, double[] x) {
        return sum(
                product(linear.weight(), x),
                row(linear.bias(), 0, linear.weight().rows()));
    }

    private static double[] product(WeightMatrix matrix, double[] x) {
        WeightMatrix.RowMajor rows = (WeightMatrix.RowMajor) matrix;
        float[] row = new float[x.length];
        double[] out = new double[rows.rows()];
        for (int r = 0; r < out.length; r++) {
            QuantFormats.dequantize(rows.type(), rows.data(), r * rows.rowBytes(), row, 0, row.length);
            for (int c = 0; c < x.length; c++) {
                out[r] += row[c] * x[c];
            }
        }
        return out;
    }

    /** The normal distribution's integral by Simpson's rule. */
    private static double[] gelu(double[] x) {
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double width = Math.clamp(x[i], -12, 12) / 200;
            double sum = 0;
            for (int step = 0; step <= 200; step++) {
                double weight = step == 0 || step == 200 ? 1 : step % 2 == 1 ? 4 : 2;
                sum += weight * Math.exp(-step * width * step * width / 2);
            }
            out[i] = x[i] * (0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI));
        }
        return out;
    }

    private static double[] row(Floats floats, int row, int size) {
        double[] out = new double[size];
        for (int i = 0; i < size; i++) {
            out[i] = floats.get((long) row * size + i);
        }
        return out;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] out = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = a[i] + b[i];
        }
        return out;
    }
}
