package dev.herd.weights;

/**
 * Makes a {@link ModelConfig} of the {@code config.json} of a {@code LlamaForCausalLM}, such as Llama 3 and Llama
 * Guard 3: every layer is dense and LOCAL without chunks. An absent field means what it means to transformers'
 * {@code LlamaConfig}; the defaults here are that class's.
 */
final class HfLlamaConfig {
    private static final int MAX_SIZE = 1 << 28;
    private static final double DEFAULT_THETA = 10_000;
    private static final int DEFAULT_POSITIONS = 2048;

    private final JsonFields fields;

    private HfLlamaConfig(JsonFields fields) {
        this.fields = fields;
    }

    /** The configuration that {@code fields} describe. */
    static ModelConfig read(JsonFields fields) {
        if (fields.truthy("mlp_bias", false)) {
            throw fields.error("mlp_bias", "is true; Herd's feed-forward layers have no biases");
        }
        return new HfLlamaConfig(fields).config();
    }

    private ModelConfig config() {
        int hiddenSize = size("hidden_size", 4096);
        int headCount = size("num_attention_heads", 32);
        HfRope rope = HfRope.read(fields, DEFAULT_THETA, DEFAULT_POSITIONS);
        return new ModelConfig(
                hiddenSize,
                size("vocab_size", 32_000),
                fields.whole("max_position_embeddings", 1, Integer.MAX_VALUE).orElse(DEFAULT_POSITIONS),
                headCount,
                size("num_key_value_heads", headCount),
                size("head_dim", hiddenSize / headCount),
                0,
                size("intermediate_size", 11_008),
                0,
                0,
                ModelConfig.pattern(
                        fields.whole("num_hidden_layers", 1, ModelConfig.MAX_LAYERS)
                                .orElse(32),
                        0,
                        0),
                0,
                (float) fields.real("rms_norm_eps").orElse(1e-6),
                false,
                rope.theta(),
                rope.scaling(),
                null);
    }

    private int size(String name, int fallback) {
        return fields.whole(name, 1, MAX_SIZE).orElse(fallback);
    }
}
