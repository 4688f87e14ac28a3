package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/** A checkpoint of any configuration with random F32 weights, in memory only. */
record RandomCheckpoint(ModelConfig config, ModelWeights weights, Vocabulary vocabulary) implements Checkpoint {
    static RandomCheckpoint of(ModelConfig config, Random random) {
        return new RandomCheckpoint(config, new Filler(config, random).weights(), new Vocabulary.None());
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public String format() {
        return "memory";
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return new GenerationDefaults(OptionalInt.of(0), List.of(1, 2, 3, 4), 0.5f, 0.25f, 7);
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of();
    }

    @Override
    public List<Path> files() {
        return List.of();
    }

    @Override
    public void close() {}

    private record Filler(ModelConfig config, Random random) {
        ModelWeights weights() {
            WeightMatrix embedding = matrix(config.vocabularySize(), config.hiddenSize());
            WeightMatrix output = matrix(config.vocabularySize(), config.hiddenSize());
            List<LayerWeights> layers =
                    config.layers().stream().map(this::layer).toList();
            return new ModelWeights(embedding, norm(), output, null, layers);
        }

        private LayerWeights layer(ModelConfig.Layer layer) {
            int hidden = config.hiddenSize();
            return new LayerWeights(
                    norm(),
                    matrix(config.querySize(), hidden),
                    matrix(config.keySize(), hidden),
                    matrix(config.keySize(), hidden),
                    matrix(hidden, config.querySize()),
                    norm(),
                    layer.isMoe() ? moe() : gated(config.denseFfnSize()));
        }

        private FfnWeights moe() {
            int width = config.expertFfnSize();
            List<GatedFfn> experts = IntStream.range(0, config.expertCount())
                    .mapToObj(expert -> gated(width))
                    .toList();
            return new MoeFfn(matrix(config.expertCount(), config.hiddenSize()), experts, gated(width));
        }

        private GatedFfn gated(int width) {
            int hidden = config.hiddenSize();
            return new GatedFfn(matrix(width, hidden), matrix(width, hidden), matrix(hidden, width));
        }

        private WeightMatrix matrix(int rows, int columns) {
            MemorySegment data = Arena.ofAuto().allocate(4L * rows * columns);
            for (long i = 0; i < (long) rows * columns; i++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) random.nextGaussian());
            }
            return new WeightMatrix.RowMajor(TensorType.F32, data, rows, columns);
        }

        private Floats norm() {
            float[] values = new float[config.hiddenSize()];
            for (int i = 0; i < values.length; i++) {
                values[i] = 1 + 0.1f * (float) random.nextGaussian();
            }
            return Floats.copyOf(values);
        }
    }
}
