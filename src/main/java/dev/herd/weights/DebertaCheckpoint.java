package dev.herd.weights;

import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A DeBERTa-v3 classifier in a directory as Hugging Face lays it out, mapped into memory. Closing it unmaps the tensors;
 * nothing that came from it may be used afterwards.
 */
public final class DebertaCheckpoint implements AutoCloseable {
    private static final String MODEL = "deberta.";
    private static final String TOKENIZER = "tokenizer.json";

    private final Arena arena;
    private final Path directory;
    private final DebertaConfig config;
    private final DebertaWeights weights;

    private DebertaCheckpoint(Path directory, Arena arena) {
        this.arena = arena;
        this.directory = directory;
        this.config = DebertaConfigReader.read(directory.resolve(HfCheckpoint.CONFIG));
        this.weights = new Reader(SafetensorsDirectory.open(directory, arena).tensors(), config).weights();
    }

    /**
     * Opens the classifier in {@code directory}.
     *
     * @throws CheckpointException if there is none, or one that cannot be used; the message names file and field or
     *     tensor
     */
    public static DebertaCheckpoint open(Path directory) {
        if (!Files.isRegularFile(directory.resolve(HfCheckpoint.CONFIG)) || !SafetensorsDirectory.isIn(directory)) {
            throw new CheckpointException(
                    directory + ": holds no classifier; expected config.json, " + TOKENIZER + " and safetensors files");
        }
        return MappedFile.open(arena -> new DebertaCheckpoint(directory, arena));
    }

    /** The architecture's parameters. */
    public DebertaConfig config() {
        return config;
    }

    /** The tensors. */
    public DebertaWeights weights() {
        return weights;
    }

    /** Where its tokenizer is. */
    public Path tokenizerFile() {
        return directory.resolve(TOKENIZER);
    }

    /** The directory's name. */
    public String name() {
        return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
    }

    @Override
    public void close() {
        arena.close();
    }

    /** Finds the tensors and compares their shapes with the configuration. */
    private record Reader(TensorSet tensors, DebertaConfig config) {
        DebertaWeights weights() {
            int hidden = config.hiddenSize();
            String encoder = MODEL + "encoder.";
            List<DebertaWeights.Layer> layers = new ArrayList<>();
            for (int layer = 0; layer < config.layerCount(); layer++) {
                layers.add(layer(encoder + "layer." + layer + "."));
            }
            String table = encoder + "rel_embeddings.weight";
            int rows = 2 * config.relativeSpan();
            tensors.require(table).requireShape(rows, hidden);
            return new DebertaWeights(
                    tensors.require(MODEL + "embeddings.word_embeddings.weight")
                            .matrix(config.vocabularySize(), hidden),
                    norm(MODEL + "embeddings.LayerNorm"),
                    tensors.require(table).flat(),
                    norm(encoder + "LayerNorm"),
                    layers,
                    linear("pooler.dense", hidden, hidden),
                    linear("classifier", config.labelCount(), hidden));
        }

        private DebertaWeights.Layer layer(String name) {
            int hidden = config.hiddenSize();
            String self = name + "attention.self.";
            return new DebertaWeights.Layer(
                    linear(self + "query_proj", hidden, hidden),
                    linear(self + "key_proj", hidden, hidden),
                    linear(self + "value_proj", hidden, hidden),
                    linear(name + "attention.output.dense", hidden, hidden),
                    norm(name + "attention.output.LayerNorm"),
                    linear(name + "intermediate.dense", config.ffnSize(), hidden),
                    linear(name + "output.dense", hidden, config.ffnSize()),
                    norm(name + "output.LayerNorm"));
        }

        private Linear linear(String name, int rows, int columns) {
            return new Linear(
                    tensors.require(name + ".weight").matrix(rows, columns),
                    tensors.require(name + ".bias").floats(rows));
        }

        private Norm norm(String name) {
            int size = config.hiddenSize();
            return new Norm(
                    tensors.require(name + ".weight").floats(size),
                    tensors.require(name + ".bias").floats(size));
        }
    }
}
