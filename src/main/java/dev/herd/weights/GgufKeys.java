package dev.herd.weights;

/**
 * The GGUF metadata keys that Herd reads and writes. Keys that begin with a dot follow the name of the architecture,
 * {@code llama4} or {@code llama}; what {@link GgufSizes} reads means the same for both.
 *
 * <p>The format has no key for some of the architecture's numbers; readers hard-code them. Herd's own optional keys
 * state them; {@code docs/gguf-keys.md} explains each at length. A key that is absent means:
 *
 * <table>
 * <caption>Herd's own keys</caption>
 * <tr><th>key</th><th>type</th><th>meaning</th><th>if absent</th></tr>
 * <tr><td>{@code llama4.attention.chunk_size}</td><td>u32</td><td>tokens per attention chunk, 0 for none</td>
 *     <td>8192; 0 if {@code llama4.attention.sliding_window} is 0</td></tr>
 * <tr><td>{@code llama4.no_rope_layer_step}</td><td>u32</td><td>every how many layers one is GLOBAL, 0 for none</td>
 *     <td>4; 0 if {@code llama4.attention.sliding_window} is 0</td></tr>
 * <tr><td>{@code llama4.no_rope_layers}</td><td>i32[layers]</td><td>per layer 1 for LOCAL, 0 for GLOBAL</td>
 *     <td>the step rules</td></tr>
 * <tr><td>{@code llama4.moe_layers}</td><td>i32[]</td><td>indices of the MoE layers</td>
 *     <td>{@code llama4.interleave_moe_layer_step} rules</td></tr>
 * <tr><td>{@code llama4.attention.qk_norm}</td><td>bool</td><td>QK norm in LOCAL layers</td>
 *     <td>true unless {@code llama4.expert_count} is 128</td></tr>
 * <tr><td>{@code llama4.attention.temperature_floor}</td><td>f32</td><td>floor of the attention temperature</td>
 *     <td>8192</td></tr>
 * <tr><td>{@code llama4.attention.temperature_scale}</td><td>f32</td><td>its scale, 0 for no temperature</td>
 *     <td>0.1; 0 if {@code llama4.attention.sliding_window} is 0</td></tr>
 * <tr><td>{@code llama4.rope.llama3.factor} (or {@code llama.rope.…}), {@code .low_freq_factor}, {@code .high_freq_factor},
 *     {@code .original_context_length}</td><td>f32, f32, f32, u32</td>
 *     <td>the frequency step that {@code rope_freqs.weight} was computed from</td><td>not known</td></tr>
 * <tr><td>{@code tokenizer.ggml.stop_token_ids}</td><td>i32[]</td><td>all ids that end an answer</td>
 *     <td>the eos, eot and eom ids</td></tr>
 * </table>
 */
final class GgufKeys {
    static final String ARCHITECTURE = "general.architecture";
    static final String NAME = "general.name";
    static final String ALIGNMENT = "general.alignment";
    static final String TEMPERATURE = "general.sampling.temp";
    static final String TOP_P = "general.sampling.top_p";
    static final String TOP_K = "general.sampling.top_k";

    static final String BLOCK_COUNT = ".block_count";
    static final String CONTEXT_LENGTH = ".context_length";
    static final String EMBEDDING_LENGTH = ".embedding_length";
    static final String FEED_FORWARD_LENGTH = ".feed_forward_length";
    static final String VOCAB_SIZE = ".vocab_size";
    static final String HEAD_COUNT = ".attention.head_count";
    static final String HEAD_COUNT_KV = ".attention.head_count_kv";
    static final String KEY_LENGTH = ".attention.key_length";
    static final String VALUE_LENGTH = ".attention.value_length";
    static final String NORM_EPSILON = ".attention.layer_norm_rms_epsilon";
    static final String ROPE_SCALING_FACTOR = ".rope.scaling.factor";
    static final String ATTENTION_SCALE = ".attention.scale";

    static final String EXPERT_FEED_FORWARD_LENGTH = "llama4.expert_feed_forward_length";
    static final String SLIDING_WINDOW = "llama4.attention.sliding_window";
    static final String SLIDING_WINDOW_PATTERN = "llama4.attention.sliding_window_pattern";
    static final String ROPE_FREQ_BASE = ".rope.freq_base";
    static final String ROPE_DIMENSION_COUNT = ".rope.dimension_count";
    static final String ROPE_SCALING_TYPE = ".rope.scaling.type";
    static final String EXPERT_COUNT = ".expert_count";
    static final String EXPERT_USED_COUNT = "llama4.expert_used_count";
    static final String INTERLEAVE_MOE_LAYER_STEP = "llama4.interleave_moe_layer_step";

    static final String CHUNK_SIZE = "llama4.attention.chunk_size";
    static final String NO_ROPE_LAYER_STEP = "llama4.no_rope_layer_step";
    static final String NO_ROPE_LAYERS = "llama4.no_rope_layers";
    static final String MOE_LAYERS = "llama4.moe_layers";
    static final String QK_NORM = "llama4.attention.qk_norm";
    static final String TEMPERATURE_FLOOR = "llama4.attention.temperature_floor";
    static final String TEMPERATURE_SCALE = "llama4.attention.temperature_scale";
    static final String LLAMA3_FACTOR = ".rope.llama3.factor";
    static final String LLAMA3_LOW = ".rope.llama3.low_freq_factor";
    static final String LLAMA3_HIGH = ".rope.llama3.high_freq_factor";
    static final String LLAMA3_ORIGINAL_CONTEXT = ".rope.llama3.original_context_length";

    static final String TOKENIZER_MODEL = "tokenizer.ggml.model";
    static final String TOKENIZER_PRE = "tokenizer.ggml.pre";
    static final String TOKENS = "tokenizer.ggml.tokens";
    static final String TOKEN_TYPES = "tokenizer.ggml.token_type";
    static final String MERGES = "tokenizer.ggml.merges";
    static final String BOS_TOKEN = "tokenizer.ggml.bos_token_id";
    static final String EOS_TOKEN = "tokenizer.ggml.eos_token_id";
    static final String EOT_TOKEN = "tokenizer.ggml.eot_token_id";
    static final String EOM_TOKEN = "tokenizer.ggml.eom_token_id";
    static final String STOP_TOKENS = "tokenizer.ggml.stop_token_ids";
    static final String ADD_BOS = "tokenizer.ggml.add_bos_token";

    static final String SPLIT_NO = "split.no";
    static final String SPLIT_COUNT = "split.count";
    static final String SPLIT_TENSORS = "split.tensors.count";

    /** The chunk length and temperature floor of the released models, which every other reader hard-codes. */
    static final int DEFAULT_CHUNK_SIZE = 8192;

    static final float DEFAULT_TEMPERATURE_FLOOR = 8192;
    static final float DEFAULT_TEMPERATURE_SCALE = 0.1f;
    static final int DEFAULT_GLOBAL_INTERVAL = 4;

    /** The one expert count whose models were trained without QK norm. */
    static final int EXPERTS_WITHOUT_QK_NORM = 128;

    private GgufKeys() {}
}
