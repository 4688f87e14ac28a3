package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.ModelWeights;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import dev.herd.weights.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Tiny random models in memory, with weights large enough that every term of the forward pass moves the logits. */
final class RandomModel {
    final ModelConfig config;
    final ModelWeights weights;
    private final Random random;

    private RandomModel(ModelConfig config, long seed) {
        this.config = config;
        this.random = new Random(seed);
        this.weights = randomWeights();
    }

    static Builder builder() {
        return new Builder();
    }

    /** The model as a checkpoint that lies in no file. */
    Checkpoint asCheckpoint() {
        return new InMemory(config, weights);
    }

    private ModelWeights randomWeights() {
        int hidden = config.hiddenSize();
        List<LayerWeights> layers = new ArrayList<>();
        for (Layer layer : config.layers()) {
            layers.add(new LayerWeights(
                    norm(hidden),
                    matrix(config.querySize(), hidden, 1),
                    matrix(config.keySize(), hidden, 1),
                    matrix(config.keySize(), hidden, 1),
                    matrix(hidden, config.querySize(), 1),
                    norm(hidden),
                    ffn(layer)));
        }
        return new ModelWeights(
                matrix(config.vocabularySize(), hidden, 3),
                norm(hidden),
                matrix(config.vocabularySize(), hidden, 1),
                null,
                layers);
    }

    private FfnWeights ffn(Layer layer) {
        if (!layer.isMoe()) {
            return gated(config.denseFfnSize());
        }
        List<GatedFfn> experts = new ArrayList<>();
        for (int expert = 0; expert < config.expertCount(); expert++) {
            experts.add(gated(config.expertFfnSize()));
        }
        return new MoeFfn(matrix(config.expertCount(), config.hiddenSize(), 3), experts, gated(config.expertFfnSize()));
    }

    private GatedFfn gated(int size) {
        int hidden = config.hiddenSize();
        return new GatedFfn(matrix(size, hidden, 1), matrix(size, hidden, 1), matrix(hidden, size, 1));
    }

    private Floats norm(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (1 + 0.2 * random.nextGaussian());
        }
        return Floats.copyOf(values);
    }

    private WeightMatrix matrix(int rows, int columns, double gain) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (gain * random.nextGaussian() / Math.sqrt(columns));
        }
        return new WeightMatrix.RowMajor(TensorType.F32, Floats.copyOf(values).segment(), rows, columns);
    }

    private record InMemory(ModelConfig config, ModelWeights weights) implements Checkpoint {
        @Override
        public String name() {
            return "random";
        }

        @Override
        public String format() {
            return "in memory";
        }

        @Override
        public Vocabulary vocabulary() {
            return new Vocabulary.None();
        }

        @Override
        public GenerationDefaults generationDefaults() {
            return new GenerationDefaults(OptionalInt.empty(), List.of(), null, null, null);
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
    }

    /** A Scout-shaped model unless told otherwise. */
    static final class Builder {
        private int layerCount = 4;
        private int globalInterval = 4;
        private int moeStep = 1;
        private int expertCount = 4;
        private int expertsPerToken = 1;
        private int chunk = 4;
        private int headCount = 6;
        private int kvHeadCount = 2;
        private int hiddenSize = 24;
        private int headSize = 8;
        private int expertFfnSize = 20;
        private int denseFfnSize = 28;
        private boolean usesQkNorm = true;
        private @Nullable RopeScaling scaling = new RopeScaling(16, 1, 1, 64);
        private @Nullable AttentionTemperature temperature = new AttentionTemperature(8, 0.1f);

        Builder layers(int count, int interval, int step) {
            layerCount = count;
            globalInterval = interval;
            moeStep = step;
            return this;
        }

        Builder experts(int count, int perToken) {
            expertCount = count;
            expertsPerToken = perToken;
            return this;
        }

        Builder chunk(int size) {
            chunk = size;
            return this;
        }

        Builder heads(int queryHeads, int kvHeads) {
            headCount = queryHeads;
            kvHeadCount = kvHeads;
            return this;
        }

        Builder widths(int hidden, int head, int expertFfn, int denseFfn) {
            hiddenSize = hidden;
            headSize = head;
            expertFfnSize = expertFfn;
            denseFfnSize = denseFfn;
            return this;
        }

        Builder withoutQkNorm() {
            usesQkNorm = false;
            return this;
        }

        Builder scaling(@Nullable RopeScaling value) {
            scaling = value;
            return this;
        }

        Builder withoutTemperature() {
            temperature = null;
            return this;
        }

        RandomModel build(long seed) {
            List<Layer> layers = ModelConfig.pattern(layerCount, globalInterval, moeStep);
            boolean hasDense = layers.stream().anyMatch(layer -> !layer.isMoe());
            boolean hasMoe = layers.stream().anyMatch(Layer::isMoe);
            assert layers.stream().anyMatch(layer -> layer.kind() == LayerKind.LOCAL);
            ModelConfig config = new ModelConfig(
                    hiddenSize,
                    40,
                    4096,
                    headCount,
                    kvHeadCount,
                    headSize,
                    hasMoe ? expertFfnSize : 0,
                    hasDense ? denseFfnSize : 0,
                    hasMoe ? expertCount : 0,
                    hasMoe ? expertsPerToken : 0,
                    layers,
                    chunk,
                    1e-5f,
                    usesQkNorm,
                    500000f,
                    scaling,
                    temperature);
            return new RandomModel(config, seed);
        }
    }
}
