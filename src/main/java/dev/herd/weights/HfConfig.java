package dev.herd.weights;

import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link ModelConfig} of a Hugging Face {@code config.json}: here of {@code llama4}, in {@link HfLlamaConfig} of
 * {@code llama}. An absent field means what it means to transformers' {@code Llama4TextConfig}; the defaults here are
 * that class's.
 *
 * @param family which class of transformers' the checkpoint is of
 * @param text the fields of the text decoder
 * @param vision the fields of the vision tower, if there are any
 * @param tiesEmbeddings whether the output matrix may be left out
 */
record HfConfig(Family family, JsonFields text, Optional<JsonFields> vision, boolean tiesEmbeddings) {
    /** Why a Llama 3.2 Vision cannot be run. */
    static final String MLLAMA = "Llama 3.2 Vision and Llama Guard 3 11B Vision see pictures through cross-attention"
            + " layers, which Herd does not have; Llama Guard 4 sees pictures, Llama Guard 3 8B and 1B read text";

    private static final int MAX_SIZE = 1 << 28;
    private static final double DEFAULT_THETA = 500_000;
    private static final int DEFAULT_POSITIONS = 131_072;
    private static final String LOCAL_TYPE = "chunked_attention";
    private static final String GLOBAL_TYPE = "full_attention";

    /** Reads {@code config.json}, in which the text decoder's fields may be nested in {@code text_config}. */
    static HfConfig read(Path file) {
        JsonFields root = new JsonFields(file.toString(), Json.read(file));
        Optional<JsonFields> nested = root.object("text_config");
        String modelType = root.text("model_type").orElse("nothing");
        if (modelType.equals("llama4") && nested.isEmpty()) {
            throw root.error("text_config", "is missing");
        }
        JsonFields text = nested.orElse(root);
        boolean tied = text.truthy("tie_word_embeddings", false) || root.truthy("tie_word_embeddings", false);
        return switch (modelType) {
            case "llama4", "llama4_text" -> new HfConfig(Family.LLAMA_4, text, root.object("vision_config"), tied);
            case "llama" -> new HfConfig(Family.LLAMA, root, Optional.empty(), tied);
            case "mllama", "mllama_text_model" -> throw root.error("model_type", "is '" + modelType + "': " + MLLAMA);
            default ->
                throw root.error("model_type", "is '" + modelType + "'; Herd runs llama4, llama4_text and llama");
        };
    }

    /** What differs between the checkpoints of transformers' classes. */
    enum Family {
        /** {@code Llama4ForConditionalGeneration} and {@code Llama4ForCausalLM}. */
        LLAMA_4("feed_forward."),
        /** {@code LlamaForCausalLM}, whose queries and keys are {@link HalfSplitRows}. */
        LLAMA("mlp.");

        private final String feedForward;

        Family(String feedForward) {
            this.feedForward = feedForward;
        }

        /** What the names of a layer's feed-forward tensors begin with. */
        String feedForward() {
            return feedForward;
        }
    }

    /** The configuration; every number is checked. */
    ModelConfig config() {
        String activation = text.text("hidden_act").orElse("silu");
        if (!activation.equals("silu")) {
            throw text.error("hidden_act", "is '" + activation + "'; Herd computes 'silu' only");
        }
        if (text.truthy("attention_bias", false)) {
            throw text.error("attention_bias", "is true; Herd's attention has no biases");
        }
        try {
            return switch (family) {
                case LLAMA_4 -> unchecked();
                case LLAMA -> HfLlamaConfig.read(text);
            };
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(text.where() + ": describes an impossible model: " + e.getMessage(), e);
        }
    }

    private ModelConfig unchecked() {
        int hiddenSize = size("hidden_size", 5120);
        int headCount = size("num_attention_heads", 40);
        int kvHeadCount = text.isNull("num_key_value_heads") ? headCount : size("num_key_value_heads", 8);
        int headSize = text.isNull("head_dim") ? hiddenSize / headCount : size("head_dim", 128);
        int layerCount =
                text.whole("num_hidden_layers", 1, ModelConfig.MAX_LAYERS).orElse(48);
        List<Boolean> isGlobal = globalLayers(layerCount);
        List<Layer> layers = layers(isGlobal);
        boolean moe = layers.stream().anyMatch(Layer::isMoe);
        boolean dense = !layers.stream().allMatch(Layer::isMoe);
        HfRope rope = HfRope.read(text, DEFAULT_THETA, DEFAULT_POSITIONS);
        return new ModelConfig(
                hiddenSize,
                size("vocab_size", 202_048),
                text.whole("max_position_embeddings", 1, Integer.MAX_VALUE).orElse(DEFAULT_POSITIONS),
                headCount,
                kvHeadCount,
                headSize,
                moe ? size("intermediate_size", 8192) : 0,
                dense ? size("intermediate_size_mlp", 16_384) : 0,
                moe
                        ? text.whole("num_local_experts", 1, ModelConfig.MAX_EXPERTS)
                                .orElse(16)
                        : 0,
                moe ? size("num_experts_per_tok", 1) : 0,
                layers,
                attentionChunkSize(isGlobal),
                (float) text.real("rms_norm_eps").orElse(1e-5),
                text.truthy("use_qk_norm", true),
                rope.theta(),
                rope.scaling(),
                temperature());
    }

    private int size(String name, int fallback) {
        return text.whole(name, 1, MAX_SIZE).orElse(fallback);
    }

    /** Layers without rotary positions; {@code no_rope_layers[i]} is 1 where there ARE rotary positions. */
    private List<Boolean> globalLayers(int layerCount) {
        Optional<List<Integer>> flags = text.wholes("no_rope_layers", 0, 1).filter(list -> !list.isEmpty());
        if (flags.isPresent()) {
            requireOnePerLayer("no_rope_layers", flags.get().size(), layerCount);
            return flags.get().stream().map(flag -> flag == 0).toList();
        }
        int interval =
                text.whole("no_rope_layer_interval", 1, Integer.MAX_VALUE).orElse(4);
        return ModelConfig.pattern(layerCount, interval, 0).stream()
                .map(layer -> layer.kind() == LayerKind.GLOBAL)
                .toList();
    }

    private List<Layer> layers(List<Boolean> isGlobal) {
        int layerCount = isGlobal.size();
        Optional<List<Integer>> indices = text.wholes("moe_layers", 0, layerCount - 1);
        int step = text.whole("interleave_moe_layer_step", 0, Integer.MAX_VALUE).orElse(1);
        List<Layer> regular = ModelConfig.pattern(layerCount, 0, step);
        Set<Integer> chosen = new HashSet<>(indices.orElse(List.of()));
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            LayerKind kind = isGlobal.get(layer) ? LayerKind.GLOBAL : LayerKind.LOCAL;
            layers.add(new Layer(
                    kind,
                    indices.isPresent()
                            ? chosen.contains(layer)
                            : regular.get(layer).isMoe()));
        }
        return layers;
    }

    /**
     * The chunk length. {@code layer_types} chooses the mask of each layer by itself: rotary layers may all be
     * unchunked, but not some of them, and layers without positions are never chunked.
     */
    private int attentionChunkSize(List<Boolean> isGlobal) {
        int chunkSize = text.isNull("attention_chunk_size")
                ? 0
                : text.whole("attention_chunk_size", 0, Integer.MAX_VALUE).orElse(8192);
        Optional<List<String>> types = text.texts("layer_types");
        if (types.isEmpty() || chunkSize == 0) {
            return chunkSize;
        }
        requireOnePerLayer("layer_types", types.get().size(), isGlobal.size());
        int chunked = 0;
        for (int layer = 0; layer < isGlobal.size(); layer++) {
            String type = types.get().get(layer);
            if (!type.equals(LOCAL_TYPE) && !type.equals(GLOBAL_TYPE)) {
                throw text.error("layer_types", "has the unknown type '" + type + "'");
            }
            if (isGlobal.get(layer) && type.equals(LOCAL_TYPE)) {
                throw text.error("layer_types", "chunks layer " + layer + ", which has no rotary positions");
            }
            chunked += type.equals(LOCAL_TYPE) ? 1 : 0;
        }
        long rotary = isGlobal.stream().filter(global -> !global).count();
        if (chunked != 0 && chunked != rotary) {
            throw text.error(
                    "layer_types", "chunks " + chunked + " of " + rotary + " layers with rotary positions, not all");
        }
        return chunked == 0 && rotary > 0 ? 0 : chunkSize;
    }

    private void requireOnePerLayer(String name, int elements, int layerCount) {
        if (elements != layerCount) {
            throw text.error(name, "has " + elements + " elements for " + layerCount + " layers");
        }
    }

    private @Nullable AttentionTemperature temperature() {
        float scale = (float) text.real("attn_scale").orElse(0.1);
        if (!text.truthy("attn_temperature_tuning", true) || scale == 0) {
            return null;
        }
        return new AttentionTemperature((float) text.real("floor_scale").orElse(8192), scale);
    }
}
