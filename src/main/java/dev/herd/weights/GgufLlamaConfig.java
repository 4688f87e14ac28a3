package dev.herd.weights;

import java.util.List;
import java.util.Optional;

/**
 * Makes a {@link ModelConfig} of the metadata of a GGUF file of architecture {@code llama}: Llama 3 and what is built
 * like it. Every layer is dense and LOCAL without chunks. Converters to this architecture reorder the rows of queries
 * and keys to adjacent pairs, so that nothing remains to be done about them.
 */
final class GgufLlamaConfig {
    static final String ARCHITECTURE = "llama";

    private GgufLlamaConfig() {}

    /** Whether a file is of this architecture. */
    static boolean isOf(GgufMetadata metadata) {
        return metadata.text(GgufKeys.ARCHITECTURE).equals(Optional.of(ARCHITECTURE));
    }

    /** The configuration that {@code metadata} describes; what would make another model of it is refused. */
    static ModelConfig read(GgufMetadata metadata, long embeddingRows) {
        GgufSizes sizes = new GgufSizes(metadata, ARCHITECTURE);
        requirePlain(sizes);
        return new ModelConfig(
                sizes.hiddenSize(),
                sizes.vocabularySize(embeddingRows),
                sizes.contextLength(),
                sizes.headCount(),
                sizes.kvHeadCount(),
                sizes.headSize(),
                0,
                sizes.denseFfnSize(),
                0,
                0,
                ModelConfig.pattern(sizes.layerCount(), 0, 0),
                0,
                sizes.normEpsilon(),
                false,
                sizes.ropeTheta(),
                sizes.ropeScaling(),
                null);
    }

    private static void requirePlain(GgufSizes sizes) {
        GgufMetadata metadata = sizes.metadata();
        if (sizes.expertCount() > 0) {
            throw metadata.error(
                    sizes.key(GgufKeys.EXPERT_COUNT),
                    "is " + sizes.expertCount() + "; Herd runs experts of architecture 'llama4' only");
        }
        // Readers take a factor without a type for linear scaling; 0 and 1 scale nothing.
        float factor = metadata.real(sizes.key(GgufKeys.ROPE_SCALING_FACTOR), 1);
        float attentionScale = metadata.real(sizes.key(GgufKeys.ATTENTION_SCALE), 0);
        if (factor != 0 && factor != 1) {
            throw metadata.error(
                    sizes.key(GgufKeys.ROPE_SCALING_FACTOR),
                    "is " + factor + "; Herd scales llama by rope_freqs.weight only");
        }
        if (attentionScale != 0) {
            throw metadata.error(
                    sizes.key(GgufKeys.ATTENTION_SCALE),
                    "is " + attentionScale + "; Herd scales attention by the size of a head only");
        }
    }

    /** Refuses tensors that readers of this architecture would use and Herd's layers do not have. */
    static void requireNoExtras(TensorSet tensors) {
        for (StoredTensor tensor : tensors.all()) {
            if (tensor.name().endsWith(".bias")) {
                throw tensor.error("is a bias, and Herd's decoder has none");
            }
            if (List.of("rope_factors_long.weight", "rope_factors_short.weight").contains(tensor.name())) {
                throw tensor.error("scales rotary positions by length, which Herd's do not");
            }
        }
    }
}
