package dev.herd.weights;

import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What GGUF files of every architecture state alike: sizes, heads, the norm's epsilon and rotary positions, under keys
 * that begin with the architecture's name.
 */
record GgufSizes(GgufMetadata metadata, String architecture) {
    private static final int MAX_SIZE = 1 << 28;

    /** The full name of a key that begins with a dot. */
    String key(String suffix) {
        return architecture + suffix;
    }

    int layerCount() {
        return metadata.requireWhole(key(GgufKeys.BLOCK_COUNT), 1, ModelConfig.MAX_LAYERS);
    }

    int contextLength() {
        return metadata.requireWhole(key(GgufKeys.CONTEXT_LENGTH), 1, Integer.MAX_VALUE);
    }

    int hiddenSize() {
        return size(key(GgufKeys.EMBEDDING_LENGTH));
    }

    int headCount() {
        return size(key(GgufKeys.HEAD_COUNT));
    }

    int kvHeadCount() {
        return metadata.uniform(key(GgufKeys.HEAD_COUNT_KV), 1, MAX_SIZE).orElseGet(this::headCount);
    }

    int denseFfnSize() {
        return size(key(GgufKeys.FEED_FORWARD_LENGTH));
    }

    int expertCount() {
        return metadata.whole(key(GgufKeys.EXPERT_COUNT), 0, ModelConfig.MAX_EXPERTS)
                .orElse(0);
    }

    float normEpsilon() {
        String key = key(GgufKeys.NORM_EPSILON);
        return (float) metadata.real(key).orElseThrow(() -> metadata.error(key, "is missing"));
    }

    float ropeTheta() {
        return metadata.real(key(GgufKeys.ROPE_FREQ_BASE), 10_000);
    }

    /** The stated vocabulary size, for which {@code embeddingRows} stands in. */
    int vocabularySize(long embeddingRows) {
        return metadata.whole(key(GgufKeys.VOCAB_SIZE), 1, MAX_SIZE).orElse((int) Math.min(embeddingRows, MAX_SIZE));
    }

    /** Elements of a head, of which all others that the file states must be as many. */
    int headSize() {
        int headSize =
                metadata.whole(key(GgufKeys.KEY_LENGTH), 1, MAX_SIZE).orElseGet(() -> hiddenSize() / headCount());
        for (String suffix : List.of(GgufKeys.VALUE_LENGTH, GgufKeys.ROPE_DIMENSION_COUNT)) {
            int other = metadata.whole(key(suffix), 1, MAX_SIZE).orElse(headSize);
            if (other != headSize) {
                throw metadata.error(key(suffix), "is " + other + ", but keys have " + headSize + " elements per head");
            }
        }
        return headSize;
    }

    /** What {@code rope_freqs.weight} was computed from, if the file says so; every other scaling is refused. */
    @Nullable
    RopeScaling ropeScaling() {
        String typeKey = key(GgufKeys.ROPE_SCALING_TYPE);
        String type = metadata.text(typeKey).orElse("none");
        if (!type.equals("none")) {
            throw metadata.error(
                    typeKey, "is '" + type + "'; " + architecture + " files scale by rope_freqs.weight only");
        }
        if (!metadata.has(key(GgufKeys.LLAMA3_FACTOR))) {
            return null;
        }
        return new RopeScaling(
                metadata.real(key(GgufKeys.LLAMA3_FACTOR), 1),
                metadata.real(key(GgufKeys.LLAMA3_LOW), 1),
                metadata.real(key(GgufKeys.LLAMA3_HIGH), 1),
                metadata.requireWhole(key(GgufKeys.LLAMA3_ORIGINAL_CONTEXT), 1, Integer.MAX_VALUE));
    }

    /** The size in {@code key}, which must be there. */
    int size(String key) {
        return metadata.requireWhole(key, 1, MAX_SIZE);
    }
}
