package dev.herd.weights;

import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link ModelConfig} of GGUF metadata: here those of architecture {@code llama4}, in {@link GgufLlamaConfig}
 * those of {@code llama}.
 *
 * <p>A file with {@code llama4.attention.sliding_window = 0} describes a model without chunks. llama.cpp then says
 * "always use rope" but leaves it out in the last layer; Herd follows Hugging Face: every layer is LOCAL, without chunk,
 * unless Herd's own keys say otherwise.
 */
final class GgufConfig {
    static final String ARCHITECTURE = "llama4";

    private final GgufMetadata metadata;
    private final GgufSizes sizes;
    private final boolean unchunked;

    private GgufConfig(GgufMetadata metadata) {
        this.metadata = metadata;
        this.sizes = new GgufSizes(metadata, ARCHITECTURE);
        this.unchunked =
                metadata.whole(GgufKeys.SLIDING_WINDOW, 0, Integer.MAX_VALUE).equals(OptionalInt.of(0));
    }

    /** The configuration that {@code metadata} describes; {@code embeddingRows} stands in for a missing vocabulary size. */
    static ModelConfig read(String file, GgufMetadata metadata, long embeddingRows) {
        String architecture = metadata.text(GgufKeys.ARCHITECTURE)
                .orElseThrow(() -> metadata.error(GgufKeys.ARCHITECTURE, "is missing"));
        try {
            return switch (architecture) {
                case ARCHITECTURE -> new GgufConfig(metadata).config(embeddingRows);
                case GgufLlamaConfig.ARCHITECTURE -> GgufLlamaConfig.read(metadata, embeddingRows);
                case "mllama" ->
                    throw new CheckpointException(
                            file + ": holds a model of architecture 'mllama': " + HfConfig.MLLAMA);
                default ->
                    throw new CheckpointException(file + ": holds a model of architecture '" + architecture
                            + "'; Herd runs 'llama4' and 'llama' only");
            };
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file + ": describes an impossible model: " + e.getMessage(), e);
        }
    }

    private ModelConfig config(long embeddingRows) {
        int expertCount = sizes.expertCount();
        List<Layer> layers = layers(sizes.layerCount(), expertCount);
        boolean moe = layers.stream().anyMatch(Layer::isMoe);
        boolean dense = !layers.stream().allMatch(Layer::isMoe);
        return new ModelConfig(
                sizes.hiddenSize(),
                sizes.vocabularySize(embeddingRows),
                sizes.contextLength(),
                sizes.headCount(),
                sizes.kvHeadCount(),
                sizes.headSize(),
                moe ? sizes.size(GgufKeys.EXPERT_FEED_FORWARD_LENGTH) : 0,
                dense ? sizes.denseFfnSize() : 0,
                moe ? expertCount : 0,
                moe ? sizes.size(GgufKeys.EXPERT_USED_COUNT) : 0,
                layers,
                metadata.whole(GgufKeys.CHUNK_SIZE, 0, Integer.MAX_VALUE)
                        .orElse(unchunked ? 0 : GgufKeys.DEFAULT_CHUNK_SIZE),
                sizes.normEpsilon(),
                metadata.flag(GgufKeys.QK_NORM).orElse(expertCount != GgufKeys.EXPERTS_WITHOUT_QK_NORM),
                sizes.ropeTheta(),
                sizes.ropeScaling(),
                temperature());
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

    private @Nullable AttentionTemperature temperature() {
        float scale = metadata.real(GgufKeys.TEMPERATURE_SCALE, unchunked ? 0 : GgufKeys.DEFAULT_TEMPERATURE_SCALE);
        float floor = metadata.real(GgufKeys.TEMPERATURE_FLOOR, GgufKeys.DEFAULT_TEMPERATURE_FLOOR);
        return scale == 0 ? null : new AttentionTemperature(floor, scale);
    }
}
