package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.Checkpoint.GenerationDefaults;
import dev.herd.weights.Checkpoint.TensorInfo;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HfCheckpointTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({"scout, 8, 4, true, 16, 6", "maverick, 4, 8, false, 16, 6", "guard, 0, 0, false, 8192, 8"})
    void opensTheFixtures(String kind, long moeLayers, int experts, boolean qkNorm, int chunkSize, int localLayers) {
        try (Checkpoint checkpoint = Checkpoints.open(GoldenFiles.directory(kind))) {
            ModelConfig config = checkpoint.config();
            assertThat(config.layers().stream().filter(ModelConfig.Layer::isMoe))
                    .hasSize((int) moeLayers);
            assertThat(config.expertCount()).isEqualTo(experts);
            assertThat(config.usesQkNorm()).isEqualTo(qkNorm);
            assertThat(config.attentionChunkSize()).isEqualTo(chunkSize);
            assertThat(config.layerCount(LayerKind.LOCAL)).isEqualTo(localLayers);
            assertThat(config.ropeScaling() != null).isEqualTo(kind.equals("scout"));
            assertThat(checkpoint.name()).isEqualTo(kind);
            assertThat(checkpoint.format()).isEqualTo("Hugging Face safetensors");
            assertThat(checkpoint.generationDefaults())
                    .isEqualTo(new GenerationDefaults(OptionalInt.of(700), List.of(701, 707, 708), null, null, null));
            assertThat(checkpoint.vocabulary())
                    .isEqualTo(new Vocabulary.TokenizerJson(
                            GoldenFiles.directory(kind).resolve("tokenizer.json")));
            assertThat(checkpoint.files())
                    .containsExactly(GoldenFiles.directory(kind).resolve("model.safetensors"));
            assertThat(checkpoint.tensors())
                    .contains(new TensorInfo("language_model.lm_head.weight", "F32", List.of(736L, 96L), 282_624));
        }
    }

    @Test
    void splitsFusedExpertsIntoGateUpAndDown() {
        try (Checkpoint checkpoint = Checkpoints.open(tiny().open())) {
            MoeFfn moe = (MoeFfn) checkpoint.weights().layers().getFirst().ffn();

            GatedFfn second = moe.experts().get(1);
            TinyHf.Tensor gateUp = TinyHf.tensor("language_model.model.layers.0.feed_forward.experts.gate_up_proj");
            TinyHf.Tensor down = TinyHf.tensor("language_model.model.layers.0.feed_forward.experts.down_proj");
            float[] gate = WeightAssertions.elements(second.gateProj());
            float[] up = WeightAssertions.elements(second.upProj());
            float[] downNumbers = WeightAssertions.elements(second.downProj());
            for (int row = 0; row < TinyHf.WIDTH; row++) {
                for (int column = 0; column < TinyHf.HIDDEN; column++) {
                    assertThat(gate[row * TinyHf.HIDDEN + column]).isEqualTo(gateUp.at(1, column, row));
                    assertThat(up[row * TinyHf.HIDDEN + column]).isEqualTo(gateUp.at(1, column, TinyHf.WIDTH + row));
                    assertThat(downNumbers[column * TinyHf.WIDTH + row]).isEqualTo(down.at(1, row, column));
                }
            }
        }
    }

    @Test
    void readsUnfusedExpertsAlike() {
        try (Checkpoint fused = Checkpoints.open(tiny().open());
                Checkpoint unfused =
                        Checkpoints.open(tiny().unfused().named("unfused").open())) {
            WeightAssertions.assertSameNumbers(unfused.weights(), fused.weights());
        }
    }

    @Test
    void readsTextOnlyCheckpointsWithoutPrefix() {
        try (Checkpoint prefixed = Checkpoints.open(tiny().open());
                Checkpoint plain =
                        Checkpoints.open(tiny().withoutPrefix().named("plain").open())) {
            WeightAssertions.assertSameNumbers(plain.weights(), prefixed.weights());
        }
    }

    @Test
    void usesTheEmbeddingAsOutputOfTiedCheckpoints() {
        Path directory = tiny().without("language_model.lm_head.weight")
                .config(",\"tie_word_embeddings\":true")
                .open();

        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            assertThat(checkpoint.weights().output())
                    .isEqualTo(checkpoint.weights().embedding());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "language_model.lm_head.weight",
                "language_model.model.embed_tokens.weight",
                "language_model.model.norm.weight",
                "language_model.model.layers.0.input_layernorm.weight",
                "language_model.model.layers.0.self_attn.k_proj.weight",
                "language_model.model.layers.0.post_attention_layernorm.weight",
                "language_model.model.layers.0.feed_forward.router.weight",
                "language_model.model.layers.0.feed_forward.experts.down_proj",
                "language_model.model.layers.0.feed_forward.shared_expert.up_proj.weight",
                "language_model.model.layers.1.feed_forward.gate_proj.weight"
            })
    void namesTheTensorThatIsMissingOrMisshapen(String name) {
        Path missing = tiny().without(name).named("missing").open();
        Path misshapen = tiny().misshape(name).named("misshapen").open();

        assertThat(Allocations.refusal(() -> Checkpoints.open(missing)))
                .isEqualTo(missing + ": tensor '" + name + "' is missing");
        assertThat(Allocations.refusal(() -> Checkpoints.open(misshapen)))
                .startsWith(misshapen.resolve("model.safetensors") + ": tensor '" + name + "' has shape [3, 5]");
    }

    @Test
    void decodesFp8WithAScalePerRowOrOneForAll() {
        String name = "language_model.model.layers.0.self_attn.k_proj";
        byte[] codes = new byte[TinyHf.KEYS * TinyHf.HIDDEN];
        codes[0] = 0x38; // 1.0
        codes[TinyHf.HIDDEN] = 0x40; // 2.0
        float[] scales = new float[TinyHf.KEYS];
        scales[0] = 3;
        scales[1] = 5;
        TinyHf rows = tiny().without(name + ".weight")
                .tensor(name + ".weight", "F8_E4M3", codes, TinyHf.KEYS, TinyHf.HIDDEN)
                .floats(name + ".weight_scale", scales, TinyHf.KEYS, 1);
        TinyHf one = tiny().without(name + ".weight")
                .tensor(name + ".weight", "F8_E4M3", codes, TinyHf.KEYS, TinyHf.HIDDEN)
                .floats(name + ".weight_scale", new float[] {3}, 1);

        assertThat(keyElement(rows.named("rows").open(), 0)).isEqualTo(3);
        assertThat(keyElement(rows.named("rows2").open(), TinyHf.HIDDEN)).isEqualTo(10);
        assertThat(keyElement(one.named("one").open(), TinyHf.HIDDEN)).isEqualTo(6);
    }

    @Test
    void refusesFp8WithoutScalesOrWithScalesOfAnotherShape() {
        String name = "language_model.model.layers.0.self_attn.k_proj";
        byte[] codes = new byte[TinyHf.KEYS * TinyHf.HIDDEN];
        TinyHf bare =
                tiny().without(name + ".weight").tensor(name + ".weight", "F8_E4M3", codes, TinyHf.KEYS, TinyHf.HIDDEN);
        Path unscaled = bare.named("unscaled").open();
        Path misscaled = bare.floats(name + ".weight_scale", new float[4], 2, 2)
                .named("misscaled")
                .open();

        assertThat(Allocations.refusal(() -> Checkpoints.open(unscaled)))
                .endsWith("tensor '" + name + ".weight_scale' is missing");
        assertThat(Allocations.refusal(() -> Checkpoints.open(misscaled)))
                .contains("tensor '" + name + ".weight_scale' has shape [2, 2] instead of [" + TinyHf.KEYS + ", 1]");
    }

    @Test
    void decodesPackedInt4WithZeroPointsAndGroupOrder() {
        String name = "language_model.model.layers.0.self_attn.k_proj";
        int words = TinyHf.HIDDEN / 8;
        byte[] packed = new byte[4 * TinyHf.KEYS * words];
        packed[0] = (byte) 0xA1; // columns 0 and 1 of row 0: 1 and 10
        packed[4 * words + 4] = 0x0F; // column 8 of row 1: 15
        float[] scales = new float[TinyHf.KEYS * 2];
        Arrays.fill(scales, 1);
        scales[0] = 0.5f; // row 0, group 0
        scales[3] = 4; // row 1, group 1
        TinyHf symmetric = tiny().without(name + ".weight")
                .tensor(name + ".weight_packed", "I32", packed, TinyHf.KEYS, words)
                .floats(name + ".weight_scale", scales, TinyHf.KEYS, 2)
                .tensor(name + ".weight_shape", "I64", LittleEndian.bytes((long) TinyHf.KEYS, (long) TinyHf.HIDDEN), 2);
        byte[] zeros = LittleEndian.bytes(0x00000073, 0x00000020); // group 0: 3, 7; group 1: 0, 2
        byte[] order = new byte[4 * TinyHf.HIDDEN];
        order[0] = 1; // column 0 belongs to group 1, all others to group 0
        TinyHf asymmetric = symmetric.tensor(name + ".weight_zero_point", "I32", zeros, 1, 2);
        TinyHf ordered = asymmetric.tensor(name + ".weight_g_idx", "I32", order, TinyHf.HIDDEN);

        Path plain = symmetric.named("symmetric").open();
        assertThat(keyElement(plain, 0)).isEqualTo((1 - 8) * 0.5f);
        assertThat(keyElement(plain, 1)).isEqualTo((10 - 8) * 0.5f);
        assertThat(keyElement(plain, TinyHf.HIDDEN + 8)).isEqualTo((15 - 8) * 4f);
        Path zeroed = asymmetric.named("asymmetric").open();
        assertThat(keyElement(zeroed, 0)).isEqualTo((1 - 3) * 0.5f);
        assertThat(keyElement(zeroed, TinyHf.HIDDEN + 8)).isEqualTo((15 - 2) * 4f);
        Path grouped = ordered.named("ordered").open();
        assertThat(keyElement(grouped, 0)).isEqualTo(1 - 0);
        assertThat(keyElement(grouped, TinyHf.HIDDEN + 8)).isEqualTo((15 - 7) * 1f);
    }

    @Test
    void refusesPackedInt4WhosePartsDoNotFit() {
        String name = "language_model.model.layers.0.self_attn.k_proj";
        int words = TinyHf.HIDDEN / 8;
        TinyHf packed = tiny().without(name + ".weight")
                .tensor(name + ".weight_packed", "I32", new byte[4 * TinyHf.KEYS * words], TinyHf.KEYS, words);
        TinyHf scaled = packed.floats(name + ".weight_scale", new float[TinyHf.KEYS * 2], TinyHf.KEYS, 2);
        byte[] order = new byte[4 * TinyHf.HIDDEN];
        order[4] = 2;

        assertRefused(packed, ".weight_scale' is missing");
        assertRefused(packed.floats(name + ".weight_scale", new float[3], 3), ".weight_scale' has shape [3]");
        assertRefused(
                packed.floats(name + ".weight_scale", new float[TinyHf.KEYS * 3], TinyHf.KEYS, 3),
                "has 3 groups for 16 columns");
        assertRefused(
                scaled.tensor(name + ".weight_shape", "I64", LittleEndian.bytes(9L, 9L), 2),
                ".weight_shape' is [9, 9] instead of [8, 16]");
        assertRefused(
                scaled.tensor(name + ".weight_zero_point", "I8", new byte[TinyHf.KEYS * 2], TinyHf.KEYS, 2),
                ".weight_zero_point' has type I8 instead of I32");
        assertRefused(
                scaled.tensor(name + ".weight_g_idx", "I32", order, TinyHf.HIDDEN),
                ".weight_g_idx' names group 2 of 2 for column 1");
        assertRefused(
                tiny().without(name + ".weight")
                        .tensor(name + ".weight_packed", "I32", new byte[4 * TinyHf.KEYS * 3], TinyHf.KEYS, 3),
                ".weight_packed' has shape [8, 3] instead of [8, 2]");
    }

    @Test
    void ignoresGroupOrderThatWasNeverSet() {
        String name = "language_model.model.layers.0.self_attn.k_proj";
        byte[] order = new byte[4 * TinyHf.HIDDEN];
        Arrays.fill(order, (byte) -1);
        Path directory = tiny().without(name + ".weight")
                .tensor(name + ".weight_packed", "I32", new byte[4 * TinyHf.KEYS * 2], TinyHf.KEYS, 2)
                .floats(name + ".weight_scale", new float[TinyHf.KEYS * 2], TinyHf.KEYS, 2)
                .tensor(name + ".weight_g_idx", "I32", order, TinyHf.HIDDEN)
                .open();

        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            WeightMatrix.Int4 keys =
                    (WeightMatrix.Int4) checkpoint.weights().layers().getFirst().keyProj();
            assertThat(keys.groupIndex()).isNull();
            assertThat(keys.groups()).isEqualTo(2);
        }
    }

    @Test
    void refusesMatricesOfTypesThatItDoesNotComputeWith() {
        String name = "language_model.model.layers.0.self_attn.k_proj.weight";
        TinyHf tiny = tiny().without(name).tensor(name, "I8", new byte[TinyHf.KEYS * TinyHf.HIDDEN], 8, 16);

        assertRefused(tiny, "tensor '" + name + "' has type I8, which Herd does not compute with");
    }

    @Test
    void prefersTheGenerationConfigAndReadsItsSamplingDefaults() throws IOException {
        Path directory = tiny().open();
        Files.writeString(
                directory.resolve("generation_config.json"),
                "{\"do_sample\":true,\"eos_token_id\":[1,2],\"bos_token_id\":3,\"temperature\":0.6,\"top_p\":0.9,\"top_k\":40}");

        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            assertThat(checkpoint.generationDefaults())
                    .isEqualTo(new GenerationDefaults(OptionalInt.of(3), List.of(1, 2), 0.6f, 0.9f, 40));
        }
    }

    @Test
    void samplesGreedilyWhenTheGenerationConfigForbidsSampling() throws IOException {
        Path directory = tiny().open();
        Files.writeString(directory.resolve("generation_config.json"), "{\"do_sample\":false,\"eos_token_id\":5}");

        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            Float temperature = checkpoint.generationDefaults().temperature();
            assertThat(temperature).isNotNull().isCloseTo(0f, within(0f));
            assertThat(checkpoint.generationDefaults().stopTokens()).containsExactly(5);
        }
    }

    @Test
    void refusesSpecialTokensOutsideTheVocabulary() throws IOException {
        Path directory = tiny().open();
        Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\":[12]}");

        assertThat(Allocations.refusal(() -> Checkpoints.open(directory)))
                .contains("generation_config.json: field 'eos_token_id' is 12, not in 0..11");
    }

    @Test
    void findsTheTokenizerBesideTheWeights() throws IOException {
        Path directory = tiny().open();
        assertVocabulary(directory, new Vocabulary.None());

        Path model = Files.createFile(directory.resolve("tokenizer.model"));
        assertVocabulary(directory, new Vocabulary.TiktokenModel(model));

        Path json = Files.createFile(directory.resolve("tokenizer.json"));
        assertVocabulary(directory, new Vocabulary.TokenizerJson(json));
    }

    private static void assertVocabulary(Path directory, Vocabulary expected) {
        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            assertThat(checkpoint.vocabulary()).isEqualTo(expected);
        }
    }

    private void assertRefused(TinyHf tiny, String expected) {
        Path directory = tiny.named("refused").open();
        assertThat(Allocations.refusal(() -> Checkpoints.open(directory)))
                .startsWith(directory.toString())
                .contains(expected);
    }

    private static float keyElement(Path directory, int index) {
        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            return WeightAssertions.elements(
                    checkpoint.weights().layers().getFirst().keyProj())[index];
        }
    }

    private TinyHf tiny() {
        return TinyHf.in(temporary);
    }
}
