package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HfConfigTest {
    private static final String LLAMA3 =
            "{\"rope_type\":\"llama3\",\"factor\":16.0,\"low_freq_factor\":1.0,\"high_freq_factor\":2.0";

    @TempDir
    Path temporary;

    @Test
    void meansWhatTransformersMeansByAnEmptyConfig() {
        ModelConfig config = config("");

        assertThat(config)
                .isEqualTo(new ModelConfig(
                        5120,
                        202_048,
                        131_072,
                        40,
                        8,
                        128,
                        8192,
                        0,
                        16,
                        1,
                        ModelConfig.pattern(48, 4, 1),
                        8192,
                        1e-5f,
                        true,
                        500_000,
                        null,
                        new AttentionTemperature(8192, 0.1f)));
    }

    @Test
    void readsFieldsNestedOrFlat() {
        ModelConfig flat = HfConfig.read(write("{\"model_type\":\"llama4_text\",\"num_hidden_layers\":3}"))
                .config();

        assertThat(flat).isEqualTo(config("\"num_hidden_layers\":3"));
        assertThat(flat.layerCount()).isEqualTo(3);
    }

    static Stream<Arguments> layerPatterns() {
        String four = "\"num_hidden_layers\":4";
        return Stream.of(
                Arguments.of(four + ",\"no_rope_layers\":[]", List.of(false, false, false, true)),
                Arguments.of(four + ",\"no_rope_layers\":null", List.of(false, false, false, true)),
                Arguments.of(four + ",\"no_rope_layers\":[1,0,1,0]", List.of(false, true, false, true)),
                Arguments.of(four + ",\"no_rope_layers\":[true,false,true,true]", List.of(false, true, false, false)),
                Arguments.of(four + ",\"no_rope_layers\":[1,1,1,1]", List.of(false, false, false, false)),
                Arguments.of(four + ",\"no_rope_layer_interval\":2", List.of(false, true, false, true)),
                Arguments.of(four + ",\"no_rope_layer_interval\":80", List.of(false, false, false, false)),
                Arguments.of(
                        four + ",\"no_rope_layer_interval\":2,\"no_rope_layers\":[0,1,1,1]",
                        List.of(true, false, false, false)));
    }

    @ParameterizedTest
    @MethodSource("layerPatterns")
    void findsTheGlobalLayers(String fields, List<Boolean> expected) {
        assertThat(config(fields).layers())
                .extracting(layer -> layer.kind() == LayerKind.GLOBAL)
                .isEqualTo(expected);
    }

    static Stream<Arguments> moePatterns() {
        String four = "\"num_hidden_layers\":4,\"interleave_moe_layer_step\":";
        return Stream.of(
                Arguments.of(four + "1", List.of(true, true, true, true)),
                Arguments.of(four + "2", List.of(false, true, false, true)),
                Arguments.of(four + "0", List.of(false, false, false, false)),
                Arguments.of(four + "2,\"moe_layers\":null", List.of(false, true, false, true)),
                Arguments.of(four + "1,\"moe_layers\":[]", List.of(false, false, false, false)),
                Arguments.of(four + "1,\"moe_layers\":[3,0]", List.of(true, false, false, true)));
    }

    @ParameterizedTest
    @MethodSource("moePatterns")
    void findsTheMoeLayers(String fields, List<Boolean> expected) {
        ModelConfig config = config(fields);

        assertThat(config.layers()).extracting(Layer::isMoe).isEqualTo(expected);
        assertThat(config.expertCount()).isEqualTo(expected.contains(true) ? 16 : 0);
        assertThat(config.denseFfnSize()).isEqualTo(expected.contains(false) ? 16_384 : 0);
        assertThat(config.expertFfnSize()).isEqualTo(expected.contains(true) ? 8192 : 0);
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "24, 24", "null, 0", "0, 0"})
    void readsTheChunkSize(String json, int expected) {
        assertThat(config("\"attention_chunk_size\":" + json).attentionChunkSize())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "4", "1", "0.5"})
    void takesAnyTruthyTemperatureTuningForTrue(String json) {
        assertThat(config("\"floor_scale\":8,\"attn_scale\":0.2,\"attn_temperature_tuning\":" + json)
                        .attentionTemperature())
                .isEqualTo(new AttentionTemperature(8, 0.2f));
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "0", "null"})
    void hasNoTemperatureWithoutTuning(String json) {
        assertThat(config("\"attn_temperature_tuning\":" + json).attentionTemperature())
                .isNull();
    }

    static Stream<Arguments> ropes() {
        RopeScaling scaling = new RopeScaling(16, 1, 2, 64);
        String original = ",\"original_max_position_embeddings\":64";
        return Stream.of(
                Arguments.of("\"rope_theta\":10000", 10_000f, null),
                Arguments.of("\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":7.5}", 7.5f, null),
                Arguments.of("\"rope_parameters\":{},\"rope_theta\":9", 9f, null),
                Arguments.of("\"rope_scaling\":null,\"rope_theta\":9", 9f, null),
                Arguments.of("\"rope_parameters\":" + LLAMA3 + original + ",\"rope_theta\":5}", 5f, scaling),
                Arguments.of("\"rope_theta\":6,\"rope_scaling\":" + LLAMA3 + original + "}", 6f, scaling),
                Arguments.of(
                        "\"rope_scaling\":" + LLAMA3.replace("rope_type", "type") + original + "}", 500_000f, scaling),
                Arguments.of("\"max_position_embeddings\":64,\"rope_scaling\":" + LLAMA3 + "}", 500_000f, scaling));
    }

    @ParameterizedTest
    @MethodSource("ropes")
    void readsRotaryPositionsInTheOldAndTheNewForm(String fields, float theta, RopeScaling scaling) {
        ModelConfig config = config(fields);

        assertThat(config.ropeTheta()).isEqualTo(theta);
        assertThat(config.ropeScaling()).isEqualTo(scaling);
    }

    @Test
    void derivesTheHeadSizeAndSharesNoHeadsWhereTheFieldsAreNull() {
        ModelConfig config =
                config("\"hidden_size\":96,\"num_attention_heads\":6,\"head_dim\":null,\"num_key_value_heads\":null");

        assertThat(config.headSize()).isEqualTo(16);
        assertThat(config.kvHeadCount()).isEqualTo(6);
    }

    @Test
    void leavesLocalLayersUnchunkedWhenLayerTypesSaySo() {
        String types = "\"num_hidden_layers\":2,\"layer_types\":[\"full_attention\",\"full_attention\"]";

        ModelConfig config = config(types);

        assertThat(config.attentionChunkSize()).isZero();
        assertThat(config.layerCount(LayerKind.LOCAL)).isEqualTo(2);
    }

    static Stream<Arguments> refusals() {
        String two = "\"num_hidden_layers\":2,";
        return Stream.of(
                Arguments.of("\"hidden_act\":\"gelu\"", "'hidden_act' is 'gelu'; Herd computes 'silu' only"),
                Arguments.of("\"attention_bias\":true", "'attention_bias' is true"),
                Arguments.of("\"rope_scaling\":{\"rope_type\":\"yarn\"}", "'rope_type' is 'yarn'"),
                Arguments.of("\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}", "'rope_type' is 'linear'"),
                Arguments.of("\"rope_scaling\":{\"rope_type\":\"llama3\"}", "field 'factor' is missing"),
                Arguments.of("\"rope_scaling\":" + LLAMA3.replace("16.0", "0") + "}", "must be positive, not 0.0"),
                Arguments.of("\"rope_parameters\":{\"partial_rotary_factor\":0.5}", "'partial_rotary_factor'"),
                Arguments.of("\"rope_theta\":-1", "ropeTheta must be positive"),
                Arguments.of("\"rope_theta\":\"big\"", "'rope_theta' is a text instead of a number"),
                Arguments.of("\"rope_theta\":1e999", "'rope_theta'"),
                Arguments.of("\"hidden_size\":0", "'hidden_size' is 0, not in 1.."),
                Arguments.of("\"hidden_size\":-5120", "'hidden_size' is -5120"),
                Arguments.of("\"hidden_size\":1e18", "'hidden_size' is 1000000000000000000"),
                Arguments.of("\"hidden_size\":51.5", "'hidden_size' is 51.5, no whole number"),
                Arguments.of("\"num_hidden_layers\":2000000000", "'num_hidden_layers' is 2000000000"),
                Arguments.of("\"num_local_experts\":0", "'num_local_experts' is 0, not in 1.."),
                Arguments.of("\"num_local_experts\":2000000000", "'num_local_experts' is 2000000000"),
                Arguments.of("\"num_experts_per_tok\":17", "expertsPerToken must lie in 1..16, not 17"),
                Arguments.of("\"num_key_value_heads\":7", "40 query heads cannot share 7 kv heads"),
                Arguments.of("\"head_dim\":15", "headSize must be even"),
                Arguments.of("\"num_attention_heads\":200000000,\"num_key_value_heads\":1", "are too many"),
                Arguments.of("\"attention_chunk_size\":-4", "'attention_chunk_size' is -4"),
                Arguments.of("\"rms_norm_eps\":2", "normEpsilon must lie in [0, 1)"),
                Arguments.of("\"floor_scale\":0", "must be positive, not 0.0"),
                Arguments.of("\"moe_layers\":[48]", "'moe_layers' is 48, not in 0..47"),
                Arguments.of("\"moe_layers\":7", "'moe_layers' is the number 7.0 instead of an array"),
                Arguments.of("\"no_rope_layers\":[2]", "'no_rope_layers' is 2, not in 0..1"),
                Arguments.of(two + "\"no_rope_layers\":[1]", "'no_rope_layers' has 1 elements for 2 layers"),
                Arguments.of(two + "\"layer_types\":[\"chunked_attention\"]", "has 1 elements for 2 layers"),
                Arguments.of(two + "\"layer_types\":[\"sliding_attention\",\"x\"]", "unknown type 'sliding_attention'"),
                Arguments.of(
                        two + "\"layer_types\":[\"chunked_attention\",\"full_attention\"]",
                        "chunks 1 of 2 layers with rotary positions, not all"),
                Arguments.of(
                        two + "\"no_rope_layers\":[1,0],\"layer_types\":[\"chunked_attention\",\"chunked_attention\"]",
                        "chunks layer 1, which has no rotary positions"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesWhatItCannotComputeAndNamesTheField(String fields, String expected) {
        String message = Allocations.refusal(() -> config(fields));

        assertThat(message).startsWith(temporary + "/config.json: ").contains(expected);
    }

    static Stream<Arguments> documents() {
        return Stream.of(
                Arguments.of("", "is no JSON object"),
                Arguments.of("[]", "is no JSON object"),
                Arguments.of("{\"model_type\":", "is no valid JSON"),
                Arguments.of("{\"a\":1,\"a\":2}", "is no valid JSON"),
                Arguments.of("{\"a\":" + "[".repeat(100_000), "is no valid JSON"),
                Arguments.of("{} {}", "goes on after its JSON object"),
                Arguments.of("{}", "'model_type' is 'nothing'"),
                Arguments.of("{\"model_type\":\"gemma3\"}", "is 'gemma3'; Herd runs llama4, llama4_text and llama"),
                Arguments.of("{\"model_type\":\"mllama\"}", "Llama Guard 3 11B Vision see pictures through cross-att"),
                Arguments.of("{\"model_type\":\"llama4\"}", "'text_config' is missing"),
                Arguments.of("{\"model_type\":\"llama4\",\"text_config\":7}", "instead of an object"));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void refusesDocumentsThatAreNoConfig(String document, String expected) {
        Path file = write(document);

        assertThat(Allocations.refusal(() -> HfConfig.read(file)))
                .startsWith(file + ": ")
                .contains(expected);
    }

    @Test
    void meansWhatTransformersMeansByAnEmptyLlamaConfig() {
        assertThat(llama("").config())
                .isEqualTo(new ModelConfig(
                        4096,
                        32_000,
                        2048,
                        32,
                        32,
                        128,
                        0,
                        11_008,
                        0,
                        0,
                        ModelConfig.pattern(32, 0, 0),
                        0,
                        1e-6f,
                        false,
                        10_000,
                        null,
                        null));
    }

    @Test
    void readsLlamaGuard3() {
        HfConfig guard = llama(",\"architectures\":[\"LlamaForCausalLM\"],\"attention_bias\":false,\"head_dim\":64,"
                + "\"hidden_act\":\"silu\",\"hidden_size\":2048,\"intermediate_size\":8192,"
                + "\"max_position_embeddings\":131072,\"mlp_bias\":false,\"num_attention_heads\":32,"
                + "\"num_hidden_layers\":16,\"num_key_value_heads\":8,\"pretraining_tp\":1,\"rms_norm_eps\":1e-05,"
                + "\"rope_scaling\":{\"factor\":32.0,\"high_freq_factor\":4.0,\"low_freq_factor\":1.0,"
                + "\"original_max_position_embeddings\":8192,\"rope_type\":\"llama3\"},\"rope_theta\":500000.0,"
                + "\"tie_word_embeddings\":true,\"vocab_size\":128256");

        assertThat(guard.tiesEmbeddings()).isTrue();
        assertThat(guard.config())
                .isEqualTo(new ModelConfig(
                        2048,
                        128_256,
                        131_072,
                        32,
                        8,
                        64,
                        0,
                        8192,
                        0,
                        0,
                        ModelConfig.pattern(16, 0, 0),
                        0,
                        1e-5f,
                        false,
                        500_000,
                        new RopeScaling(32, 1, 4, 8192),
                        null));
    }

    static Stream<Arguments> llamaRefusals() {
        return Stream.of(
                Arguments.of("\"attention_bias\":true", "'attention_bias' is true"),
                Arguments.of("\"mlp_bias\":true", "'mlp_bias' is true; Herd's feed-forward layers have no biases"),
                Arguments.of("\"hidden_act\":\"gelu\"", "'hidden_act' is 'gelu'"),
                Arguments.of("\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":2}", "'rope_type' is 'linear'"),
                Arguments.of("\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}", "'rope_type' is 'dynamic'"),
                Arguments.of("\"num_key_value_heads\":5", "32 query heads cannot share 5 kv heads"),
                Arguments.of("\"intermediate_size\":0", "'intermediate_size' is 0"));
    }

    @ParameterizedTest
    @MethodSource("llamaRefusals")
    void refusesLlamasThatItCannotCompute(String fields, String expected) {
        assertThat(Allocations.refusal(() -> llama("," + fields).config()))
                .startsWith(temporary + "/config.json: ")
                .contains(expected);
    }

    private HfConfig llama(String fields) {
        return HfConfig.read(write("{\"model_type\":\"llama\"" + fields + "}"));
    }

    private ModelConfig config(String fields) {
        return HfConfig.read(write("{\"model_type\":\"llama4\",\"text_config\":{" + fields + "}}"))
                .config();
    }

    private Path write(String document) {
        try {
            return Files.writeString(temporary.resolve("config.json"), document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
