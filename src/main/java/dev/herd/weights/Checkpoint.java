package dev.herd.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A model on disk, mapped into memory and understood: its configuration, its tensors under Herd's names, and where its
 * tokenizer is. Closing it unmaps the tensors; nothing that came from it may be used afterwards.
 */
public interface Checkpoint extends AutoCloseable {
    /** A short name for users, such as the directory's or {@code general.name}. */
    String name();

    /** {@code GGUF v3} or {@code Hugging Face safetensors}, for {@code herd inspect}. */
    String format();

    /** The architecture's parameters. */
    ModelConfig config();

    /** The tensors of the text decoder. */
    ModelWeights weights();

    /** The vision tower; empty if the model sees no pictures. */
    default Optional<VisionTower> vision() {
        return Optional.empty();
    }

    /** The file of the vision tower, if it has one of its own. */
    default Optional<Path> visionFile() {
        return Optional.empty();
    }

    /** The tokenizer's source. */
    Vocabulary vocabulary();

    /** Ids of special tokens, sampling defaults and the like that the checkpoint states. */
    GenerationDefaults generationDefaults();

    /** Every tensor in the files, whether the text decoder uses it or not, in file order. */
    List<TensorInfo> tensors();

    /** Files that make up the checkpoint; empty if it lives in memory. */
    List<Path> files();

    @Override
    void close();

    /**
     * What a checkpoint says about generation.
     *
     * @param bosToken begin-of-text id
     * @param stopTokens ids that end an answer; may be empty, then the tokenizer's special tokens decide
     * @param temperature default temperature, or null if the checkpoint states none; likewise the others
     */
    record GenerationDefaults(
            OptionalInt bosToken,
            List<Integer> stopTokens,
            @Nullable Float temperature,
            @Nullable Float topP,
            @Nullable Integer topK) {
        public GenerationDefaults {
            stopTokens = List.copyOf(stopTokens);
        }
    }

    /**
     * A tensor as the file describes it.
     *
     * @param type the file's own name of the encoding, for example {@code Q4_K} or {@code BF16}
     * @param shape as the format writes it: GGUF fastest first, safetensors slowest first
     */
    record TensorInfo(String name, String type, List<Long> shape, long byteSize) {
        public TensorInfo {
            shape = List.copyOf(shape);
        }
    }
}
