package dev.herd.weights;

import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link ModelConfig} of GGUF metadata.
 *
 * <p>A file with {@code llama4.attention.sliding_window = 0} describes a model without chunks. llama.cpp then says
 * "always use rope" but leaves it out in the last layer; Herd follows Hugging Face: every layer is LOCAL, without chunk,
 * unless Herd's own keys say otherwise.
 */
final class GgufConfig {
    private static final int MAX_SIZE = 1 << 28;

    private final GgufMetadata metadata;
    private final boolean unchunked;

    private GgufConfig(GgufMetadata metadata) {
        this.metadata = metadata;
        this.unchunked =
                metadata.whole(GgufKeys.SLIDING_WINDOW, 0, Integer.MAX_VALUE).equals(OptionalInt.of(0));
    }

    /** The configuration that {@code metadata} describes; {@code embeddingRows} stands in for a missing vocabulary size. */
    static ModelConfig read(String file, GgufMetadata metadata, long embeddingRows) {
        String architecture = metadata.text(GgufKeys.ARCHITECTURE)
                .orElseThrow(() -> metadata.error(GgufKeys.ARCHITECTURE, "is missing"));
        if (!architecture.equals("llama4")) {
            throw new CheckpointException(
                    file + ": holds a model of architecture '" + architecture + "'; Herd runs 'llama4' only");
        }
        try {
            return new GgufConfig(metadata).config(embeddingRows);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + ": describes an impossible model: " + e.getMessage(), e);
        }
    }

    private ModelConfig config(long embeddingRows) {
        int hiddenSize = size(GgufKeys.EMBEDDING_LENGTH);
        int headCount = size(GgufKeys.HEAD_COUNT);
        int headSize = headSize(hiddenSize, headCount);
        int expertCount = metadata.whole(GgufKeys.EXPERT_COUNT, 0, ModelConfig.MAX_EXPERTS)
                .orElse(0);
        List<Layer> layers =
                layers(metadata.requireWhole(GgufKeys.BLOCK_COUNT, 1, ModelConfig.MAX_LAYERS), expertCount);
        boolean moe = layers.stream().anyMatch(Layer::isMoe);
        boolean dense = !layers.stream().allMatch(Layer::isMoe);
        return new ModelConfig(
                hiddenSize,
                metadata.whole(GgufKeys.VOCAB_SIZE, 1, MAX_SIZE).orElse((int) Math.min(embeddingRows, MAX_SIZE)),
                metadata.requireWhole(GgufKeys.CONTEXT_LENGTH, 1, Integer.MAX_VALUE),
                headCount,
                metadata.uniform(GgufKeys.HEAD_COUNT_KV, 1, MAX_SIZE).orElse(headCount),
                headSize,
                moe ? size(GgufKeys.EXPERT_FEED_FORWARD_LENGTH) : 0,
                dense ? size(GgufKeys.FEED_FORWARD_LENGTH) : 0,
                moe ? expertCount : 0,
                moe ? size(GgufKeys.EXPERT_USED_COUNT) : 0,
                layers,
                metadata.whole(GgufKeys.CHUNK_SIZE, 0, Integer.MAX_VALUE)
                        .orElse(unchunked ? 0 : GgufKeys.DEFAULT_CHUNK_SIZE),
                (float) metadata.real(GgufKeys.NORM_EPSILON)
                        .orElseThrow(() -> metadata.error(GgufKeys.NORM_EPSILON, "is missing")),
                metadata.flag(GgufKeys.QK_NORM).orElse(expertCount != GgufKeys.EXPERTS_WITHOUT_QK_NORM),
                metadata.real(GgufKeys.ROPE_FREQ_BASE, 10_000),
                ropeScaling(),
                temperature());
    }

    private int size(String key) {
        return metadata.requireWhole(key, 1, MAX_SIZE);
    }

    private int headSize(int hiddenSize, int headCount) {
        int headSize = metadata.whole(GgufKeys.KEY_LENGTH, 1, MAX_SIZE).orElse(hiddenSize / headCount);
        for (String key : List.of(GgufKeys.VALUE_LENGTH, GgufKeys.ROPE_DIMENSION_COUNT)) {
            int other = metadata.whole(key, 1, MAX_SIZE).orElse(headSize);
            if (other != headSize) {
                throw metadata.error(key, "is " + other + ", but keys have " + headSize + " elements per head");
            }
        }
        return headSize;
    }

    private List<Layer> layers(int layerCount, int expertCount) {
        boolean[] isGlobal = globalLayers(layerCount);
        boolean[] isMoe = moeLayers(layerCount, expertCount);
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            layers.add(new Layer(isGlobal[layer] ? LayerKind.GLOBAL : LayerKind.LOCAL, isMoe[layer]));
        }
        return layers;
    }

    private boolean[] globalLayers(int layerCount) {
        boolean[] isGlobal = new boolean[layerCount];
        Optional<List<Integer>> flags = metadata.wholes(GgufKeys.NO_ROPE_LAYERS, 0, 1);
        if (flags.isPresent()) {
            requireOnePerLayer(GgufKeys.NO_ROPE_LAYERS, flags.get(), layerCount);
        }
        int interval = metadata.whole(GgufKeys.NO_ROPE_LAYER_STEP, 0, Integer.MAX_VALUE)
                .orElse(unchunked ? 0 : GgufKeys.DEFAULT_GLOBAL_INTERVAL);
        List<Layer> regular = ModelConfig.pattern(layerCount, interval, 0);
        for (int layer = 0; layer < layerCount; layer++) {
            isGlobal[layer] = flags.isPresent()
                    ? flags.get().get(layer) == 0
                    : regular.get(layer).kind() == LayerKind.GLOBAL;
        }
        requireSameWindows(isGlobal);
        return isGlobal;
    }

    /** A file may say once more which layers are windowed; then it must not contradict itself. */
    private void requireSameWindows(boolean[] isGlobal) {
        String key = GgufKeys.SLIDING_WINDOW_PATTERN;
        if (!metadata.has(key) || unchunked) {
            return;
        }
        boolean agrees = true;
        if (metadata.isArray(key)) {
            List<Integer> windowed = metadata.wholes(key, 0, 1).orElseThrow();
            requireOnePerLayer(key, windowed, isGlobal.length);
            for (int layer = 0; layer < isGlobal.length; layer++) {
                agrees &= isGlobal[layer] == (windowed.get(layer) == 0);
            }
        } else {
            int interval = metadata.requireWhole(key, 0, Integer.MAX_VALUE);
            List<Layer> regular = ModelConfig.pattern(isGlobal.length, interval, 0);
            for (int layer = 0; layer < isGlobal.length; layer++) {
                agrees &= isGlobal[layer] == (regular.get(layer).kind() == LayerKind.GLOBAL);
            }
        }
        if (!agrees) {
            throw metadata.error(key, "names other layers than those without rotary positions");
        }
    }

    private boolean[] moeLayers(int layerCount, int expertCount) {
        boolean[] isMoe = new boolean[layerCount];
        Optional<List<Integer>> indices = metadata.wholes(GgufKeys.MOE_LAYERS, 0, layerCount - 1);
        if (indices.isPresent()) {
            Set<Integer> chosen = new HashSet<>(indices.get());
            for (int layer = 0; layer < layerCount; layer++) {
                isMoe[layer] = chosen.contains(layer);
            }
        } else if (expertCount > 0) {
            int step = metadata.whole(GgufKeys.INTERLEAVE_MOE_LAYER_STEP, 0, Integer.MAX_VALUE)
                    .orElse(1);
            List<Layer> regular = ModelConfig.pattern(layerCount, 0, step);
            for (int layer = 0; layer < layerCount; layer++) {
                isMoe[layer] = regular.get(layer).isMoe();
            }
        }
        return isMoe;
    }

    private void requireOnePerLayer(String key, List<Integer> values, int layerCount) {
        if (values.size() != layerCount) {
            throw metadata.error(key, "has " + values.size() + " elements for " + layerCount + " layers");
        }
    }

    private @Nullable RopeScaling ropeScaling() {
        String type = metadata.text(GgufKeys.ROPE_SCALING_TYPE).orElse("none");
        if (!type.equals("none")) {
            throw metadata.error(
                    GgufKeys.ROPE_SCALING_TYPE, "is '" + type + "'; llama4 files scale by rope_freqs.weight only");
        }
        if (!metadata.has(GgufKeys.LLAMA3_FACTOR)) {
            return null;
        }
        return new RopeScaling(
                metadata.real(GgufKeys.LLAMA3_FACTOR, 1),
                metadata.real(GgufKeys.LLAMA3_LOW, 1),
                metadata.real(GgufKeys.LLAMA3_HIGH, 1),
                metadata.requireWhole(GgufKeys.LLAMA3_ORIGINAL_CONTEXT, 1, Integer.MAX_VALUE));
    }

    private @Nullable AttentionTemperature temperature() {
        float scale = metadata.real(GgufKeys.TEMPERATURE_SCALE, unchunked ? 0 : GgufKeys.DEFAULT_TEMPERATURE_SCALE);
        float floor = metadata.real(GgufKeys.TEMPERATURE_FLOOR, GgufKeys.DEFAULT_TEMPERATURE_FLOOR);
        return scale == 0 ? null : new AttentionTemperature(floor, scale);
    }
}
