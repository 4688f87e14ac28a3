package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufConfigTest {
    private static final int U32 = 4;
    private static final int I32 = 5;
    private static final int F32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    @Test
    void appliesTheHardCodedRulesWhereTheFileHasNoKey() {
        ModelConfig config = read(scout());

        assertThat(config.attentionChunkSize()).isEqualTo(8192);
        assertThat(config.attentionTemperature()).isEqualTo(new AttentionTemperature(8192, 0.1f));
        assertThat(config.usesQkNorm()).isTrue();
        assertThat(config.layers()).isEqualTo(ModelConfig.pattern(8, 4, 1));
        assertThat(config.ropeScaling()).isNull();
        assertThat(config.hiddenSize()).isEqualTo(5120);
        assertThat(config.vocabularySize()).isEqualTo(202_048);
        assertThat(config.contextLength()).isEqualTo(10_485_760);
        assertThat(config.headCount()).isEqualTo(40);
        assertThat(config.kvHeadCount()).isEqualTo(8);
        assertThat(config.headSize()).isEqualTo(128);
        assertThat(config.expertFfnSize()).isEqualTo(8192);
        assertThat(config.denseFfnSize()).as("no dense layers").isZero();
        assertThat(config.expertCount()).isEqualTo(16);
        assertThat(config.expertsPerToken()).isEqualTo(1);
        assertThat(config.normEpsilon()).isEqualTo(1e-5f);
        assertThat(config.ropeTheta()).isEqualTo(500_000);
    }

    @Test
    void alternatesDenseAndMoeLayersWithoutQkNormForMaverick() {
        ModelConfig config = read(model(128, 2));

        assertThat(config.usesQkNorm()).isFalse();
        assertThat(config.denseFfnSize()).isEqualTo(16_384);
        assertThat(config.layers()).isEqualTo(ModelConfig.pattern(8, 4, 2));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 0", "16, 0"})
    void isDenseWithoutExpertsOrWithoutStep(int experts, int step) {
        ModelConfig config = read(model(experts, step));

        assertThat(config.layers()).isEqualTo(ModelConfig.pattern(8, 4, 0));
        assertThat(config.expertCount()).isZero();
        assertThat(config.expertsPerToken()).isZero();
        assertThat(config.expertFfnSize()).isZero();
        assertThat(config.denseFfnSize()).isEqualTo(16_384);
    }

    @Test
    void makesEveryLayerLocalWithoutChunkWhenTheSlidingWindowIsZero() {
        ModelConfig config = read(scout().entry("llama4.attention.sliding_window", U32, 0));

        assertThat(config.attentionChunkSize()).isZero();
        assertThat(config.layers()).isEqualTo(ModelConfig.pattern(8, 0, 1));
        assertThat(config.attentionTemperature()).isNull();
    }

    @Test
    void keepsTheChunkWhenTheSlidingWindowIsNotZero() {
        ModelConfig config = read(scout().entry("llama4.attention.sliding_window", U32, 4096));

        assertThat(config.attentionChunkSize()).isEqualTo(8192);
        assertThat(config.layerCount(LayerKind.GLOBAL)).isEqualTo(2);
    }

    @Test
    void prefersHerdsOwnKeysToTheRules() {
        ModelConfig config = read(scout().entry("llama4.attention.sliding_window", U32, 0)
                .entry("llama4.attention.chunk_size", U32, 24)
                .entry("llama4.no_rope_layer_step", U32, 3)
                .entry("llama4.attention.qk_norm", BOOL, false)
                .entry("llama4.attention.temperature_floor", F32, 8f)
                .entry("llama4.attention.temperature_scale", F32, 0.5f)
                .entry("llama4.moe_layers", ARRAY, I32, 2L, 0, 7));

        assertThat(config.attentionChunkSize()).isEqualTo(24);
        assertThat(config.usesQkNorm()).isFalse();
        assertThat(config.attentionTemperature()).isEqualTo(new AttentionTemperature(8, 0.5f));
        assertThat(config.layers())
                .extracting(Layer::kind)
                .containsExactlyElementsOf(
                        ModelConfig.pattern(8, 3, 0).stream().map(Layer::kind).toList());
        assertThat(config.layers())
                .extracting(Layer::isMoe)
                .containsExactly(true, false, false, false, false, false, false, true);
    }

    @Test
    void readsAnIrregularPatternOfGlobalLayers() {
        ModelConfig config = read(scout().entry("llama4.no_rope_layers", ARRAY, I32, 8L, 0, 1, 1, 0, 1, 1, 1, 1));

        assertThat(config.layers())
                .extracting(layer -> layer.kind() == LayerKind.GLOBAL)
                .containsExactly(true, false, false, true, false, false, false, false);
    }

    @Test
    void hasNoTemperatureWhenItsScaleIsZero() {
        assertThat(read(scout().entry("llama4.attention.temperature_scale", F32, 0f))
                        .attentionTemperature())
                .isNull();
    }

    @Test
    void acceptsOneHeadCountForEachLayerIfAllAreEqual() {
        ForgedGguf forged = base(16, 1).entry("llama4.attention.head_count_kv", ARRAY, U32, 2L, 4, 4);

        assertThat(read(forged).kvHeadCount()).isEqualTo(4);
    }

    @Test
    void countsEmbeddingRowsWhenTheVocabularySizeIsMissing() {
        GgufReader.Contents contents = withoutVocabularySize(16, 1)
                .entry("llama4.attention.head_count_kv", U32, 8)
                .read();

        assertThat(GgufConfig.read("f", contents.metadata(), 719).vocabularySize())
                .isEqualTo(719);
    }

    @Test
    void refusesOtherArchitecturesByName() {
        ForgedGguf forged = new ForgedGguf().entry("general.architecture", STRING, "clip");

        assertThatThrownBy(() -> read(forged))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("f.gguf: holds a model of architecture 'clip'; Herd runs 'llama4' and 'llama' only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama4.block_count",
                "llama4.context_length",
                "llama4.embedding_length",
                "llama4.attention.head_count",
                "llama4.attention.layer_norm_rms_epsilon"
            })
    void namesTheKeyThatIsMissing(String key) {
        ForgedGguf forged = new ForgedGguf().entry("general.architecture", STRING, "llama4");
        if (!key.equals("llama4.embedding_length")) {
            forged.entry("llama4.embedding_length", U32, 64);
        }
        if (!key.equals("llama4.attention.head_count")) {
            forged.entry("llama4.attention.head_count", U32, 4);
        }
        if (!key.equals("llama4.block_count")) {
            forged.entry("llama4.block_count", U32, 2).entry("llama4.feed_forward_length", U32, 32);
        }
        if (!key.equals("llama4.context_length")) {
            forged.entry("llama4.context_length", U32, 64);
        }

        assertThatThrownBy(() -> read(forged))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("'" + key + "' is missing");
    }

    @Test
    void refusesAbsurdMetadataByKey() {
        assertRefused("llama4.attention.key_length", scoutWith("llama4.attention.key_length", U32, 0));
        assertRefused("'llama4.attention.value_length' is 64", scoutWith("llama4.attention.value_length", U32, 64));
        assertRefused("'llama4.rope.dimension_count' is 64", scoutWith("llama4.rope.dimension_count", U32, 64));
        assertRefused("is a text instead of", scoutWith("llama4.attention.chunk_size", STRING, "8192"));
        assertRefused("'llama4.attention.chunk_size' is -1", scoutWith("llama4.attention.chunk_size", I32, -1));
        assertRefused("has 2 elements for 8 layers", scoutWith("llama4.no_rope_layers", ARRAY, I32, 2L, 1, 1));
        assertRefused("'llama4.moe_layers' is 8, not in 0..7", scoutWith("llama4.moe_layers", ARRAY, I32, 1L, 8));
        assertRefused("is NaN", scoutWith("llama4.attention.temperature_floor", F32, Float.NaN));
        assertRefused("must be positive, not -1.0", scoutWith("llama4.attention.temperature_floor", F32, -1f));
        assertRefused("scale by rope_freqs.weight only", scoutWith("llama4.rope.scaling.type", STRING, "yarn"));
        assertRefused("names other layers", scoutWith("llama4.attention.sliding_window_pattern", U32, 6));
        assertRefused("'llama4.expert_used_count' is 0", model(16, 1, 0));
        assertRefused("impossible model: expertsPerToken must lie in 1..16, not 17", model(16, 1, 17));
        assertRefused("'llama4.expert_count' is -5", model(-5, 1));
        assertRefused("cannot share 7 kv heads", base(16, 1).entry("llama4.attention.head_count_kv", U32, 7));
    }

    @Test
    void acceptsAWindowPatternThatSaysTheSameAgain() {
        ModelConfig config = read(scoutWith("llama4.attention.sliding_window_pattern", U32, 4));

        assertThat(config.layers()).isEqualTo(ModelConfig.pattern(8, 4, 1));
    }

    @Test
    void readsLlamaGuard3() {
        ModelConfig config = read(llama());

        assertThat(config)
                .isEqualTo(new ModelConfig(
                        4096,
                        128_256,
                        131_072,
                        32,
                        8,
                        128,
                        0,
                        14_336,
                        0,
                        0,
                        ModelConfig.pattern(32, 0, 0),
                        0,
                        1e-5f,
                        false,
                        500_000,
                        null,
                        null));
    }

    @Test
    void refusesLlamasThatItCannotCompute() {
        assertRefused("'llama.expert_count' is 8", llama().entry("llama.expert_count", U32, 8));
        assertRefused("is 'linear'; llama files scale", llama().entry("llama.rope.scaling.type", STRING, "linear"));
        assertRefused("'llama.rope.scaling.factor' is 4.0", llama().entry("llama.rope.scaling.factor", F32, 4f));
        assertRefused("'llama.attention.scale' is 0.5", llama().entry("llama.attention.scale", F32, 0.5f));
        assertRefused("'llama.attention.value_length' is 64", llama().entry("llama.attention.value_length", U32, 64));
        assertRefused(
                "architecture 'mllama': Llama 3.2 Vision",
                new ForgedGguf().entry("general.architecture", STRING, "mllama"));
        assertThat(read(llama().entry("llama.rope.scaling.factor", F32, 1f)
                                .entry("llama.rope.scaling.type", STRING, "none"))
                        .ropeScaling())
                .isNull();
    }

    private static ForgedGguf llama() {
        return new ForgedGguf()
                .entry("general.architecture", STRING, "llama")
                .entry("llama.block_count", U32, 32)
                .entry("llama.context_length", U32, 131_072)
                .entry("llama.embedding_length", U32, 4096)
                .entry("llama.feed_forward_length", U32, 14_336)
                .entry("llama.attention.head_count", U32, 32)
                .entry("llama.attention.head_count_kv", U32, 8)
                .entry("llama.rope.freq_base", F32, 500_000f)
                .entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-5f)
                .entry("llama.vocab_size", U32, 128_256)
                .entry("llama.rope.dimension_count", U32, 128);
    }

    private static void assertRefused(String expected, ForgedGguf forged) {
        assertThatThrownBy(() -> read(forged))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("f")
                .hasMessageContaining(expected);
    }

    private static ForgedGguf scoutWith(String key, int type, Object... value) {
        return scout().entry(key, type, value);
    }

    private static ForgedGguf scout() {
        return model(16, 1);
    }

    private static ForgedGguf model(int experts, int step) {
        return model(experts, step, 1);
    }

    private static ForgedGguf model(int experts, int step, int expertsPerToken) {
        return base(experts, step, expertsPerToken).entry("llama4.attention.head_count_kv", U32, 8);
    }

    private static ForgedGguf base(int experts, int step) {
        return base(experts, step, 1);
    }

    private static ForgedGguf base(int experts, int step, int expertsPerToken) {
        return withoutVocabularySize(experts, step, expertsPerToken).entry("llama4.vocab_size", U32, 202_048);
    }

    private static ForgedGguf withoutVocabularySize(int experts, int step) {
        return withoutVocabularySize(experts, step, 1);
    }

    private static ForgedGguf withoutVocabularySize(int experts, int step, int expertsPerToken) {
        return new ForgedGguf()
                .entry("general.architecture", STRING, "llama4")
                .entry("llama4.block_count", U32, 8)
                .entry("llama4.context_length", U32, 10_485_760)
                .entry("llama4.embedding_length", U32, 5120)
                .entry("llama4.feed_forward_length", U32, 16_384)
                .entry("llama4.expert_feed_forward_length", U32, 8192)
                .entry("llama4.attention.head_count", U32, 40)
                .entry("llama4.attention.layer_norm_rms_epsilon", F32, 1e-5f)
                .entry("llama4.rope.freq_base", F32, 500_000f)
                .entry("llama4.expert_count", I32, experts)
                .entry("llama4.expert_used_count", U32, expertsPerToken)
                .entry("llama4.interleave_moe_layer_step", U32, step);
    }

    private static ModelConfig read(ForgedGguf forged) {
        GgufReader.Contents contents = GgufReader.read("f.gguf", LittleEndian.segment(forged.bytes()));
        return GgufConfig.read("f.gguf", contents.metadata(), 1);
    }
}
