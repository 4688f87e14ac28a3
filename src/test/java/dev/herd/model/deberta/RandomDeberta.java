package dev.herd.model.deberta;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.DebertaConfig;
import dev.herd.weights.DebertaWeights;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.util.Random;
import java.util.stream.IntStream;

/** Classifiers of any shape whose weights are large enough that every term moves the logits. */
public record RandomDeberta(Random random) {
    /** Weights of this shape. */
    public static DebertaWeights of(DebertaConfig config, long seed) {
        RandomDeberta maker = new RandomDeberta(new Random(seed));
        int hidden = config.hiddenSize();
        return new DebertaWeights(
                maker.matrix(config.vocabularySize(), hidden),
                maker.norm(hidden),
                maker.floats(2 * config.relativeSpan() * hidden, 0, 1),
                maker.norm(hidden),
                IntStream.range(0, config.layerCount())
                        .mapToObj(layer -> maker.layer(hidden, config.ffnSize()))
                        .toList(),
                maker.linear(hidden, hidden),
                maker.linear(config.labelCount(), hidden));
    }

    private DebertaWeights.Layer layer(int hidden, int ffn) {
        return new DebertaWeights.Layer(
                linear(hidden, hidden),
                linear(hidden, hidden),
                linear(hidden, hidden),
                linear(hidden, hidden),
                norm(hidden),
                linear(ffn, hidden),
                linear(hidden, ffn),
                norm(hidden));
    }

    private Norm norm(int size) {
        return new Norm(floats(size, 1, 0.2), floats(size, 0, 0.2));
    }

    private Linear linear(int rows, int columns) {
        return new Linear(matrix(rows, columns), floats(rows, 0, 0.2));
    }

    Floats floats(int size, double centre, double spread) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (centre + spread * random.nextGaussian());
        }
        return Floats.copyOf(values);
    }

    private WeightMatrix matrix(int rows, int columns) {
        Floats values = floats(rows * columns, 0, 1.5 / Math.sqrt(columns));
        return new WeightMatrix.RowMajor(TensorType.F32, values.segment(), rows, columns);
    }
}
