package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.Checkpoint.TensorInfo;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufExportTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void keepsConfigAndNumbersOfHuggingFaceCheckpoints(String kind) {
        Path target = temporary.resolve(kind + ".gguf");
        try (Checkpoint source = Checkpoints.open(GoldenFiles.directory(kind))) {
            GgufExport.write(source, TensorType.F32, target);

            try (Checkpoint written = Checkpoints.open(target)) {
                assertThat(written.config()).isEqualTo(source.config());
                assertThat(written.generationDefaults()).isEqualTo(source.generationDefaults());
                assertThat(written.name()).isEqualTo(kind);
                WeightAssertions.assertSameNumbers(written.weights(), source.weights());
                assertThat(written.weights().ropeDivisors() != null).isEqualTo(kind.equals("scout"));
            }
        }
    }

    @Test
    void writesTheVocabularyOfTokenizerJsonFilledUpToTheEmbedding() {
        Path target = temporary.resolve("scout.gguf");
        try (Checkpoint source = Checkpoints.open(GoldenFiles.directory("scout"))) {
            GgufExport.write(source, TensorType.F16, target);
        }

        try (Checkpoint written = Checkpoints.open(target)) {
            Vocabulary.GgufTokens tokens = (Vocabulary.GgufTokens) written.vocabulary();
            assertThat(tokens.tokens()).hasSize(736);
            assertThat(tokens.tokens().get(700)).isEqualTo("<|begin_of_text|>");
            assertThat(tokens.tokens().get(735)).isEqualTo("[PAD735]");
            assertThat(tokens.tokenTypes()[0]).isEqualTo(1);
            assertThat(tokens.tokenTypes()[700]).isEqualTo(3);
            assertThat(tokens.tokenTypes()[735]).isEqualTo(5);
            assertThat(tokens.merges()).hasSize(444);
        }
    }

    static Stream<ModelConfig> configs() {
        return Stream.of(
                config(ModelConfig.pattern(6, 4, 1), 8192, true, null, new AttentionTemperature(8192, 0.1f)),
                config(ModelConfig.pattern(6, 3, 2), 7, false, null, new AttentionTemperature(8, 0.1f)),
                config(ModelConfig.pattern(6, 0, 0), 0, true, null, null),
                config(ModelConfig.pattern(6, 1, 3), 24, false, new RopeScaling(8, 1, 4, 64), null),
                config(irregular(), 13, true, new RopeScaling(16, 1, 1, 8192), new AttentionTemperature(3, 0.7f)));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void readsEveryConfigBackEqual(ModelConfig config) {
        long seed = 11;
        Checkpoint source = RandomCheckpoint.of(config, new Random(seed));
        Path target = temporary.resolve("random.gguf");

        GgufExport.write(source, TensorType.F32, target);

        try (Checkpoint written = Checkpoints.open(target)) {
            assertThat(written.config()).isEqualTo(config);
            assertThat(written.generationDefaults()).isEqualTo(source.generationDefaults());
            assertThat(written.vocabulary()).isEqualTo(new Vocabulary.None());
            WeightAssertions.assertSameNumbers(written.weights(), source.weights());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F16", "BF16", "Q8_0", "Q4_0", "Q5_1", "Q4_K", "Q6_K", "IQ4_XS", "MXFP4"})
    void quantisesMatricesAndKeepsRoutersAndNorms(TensorType type) {
        ModelConfig config = config(ModelConfig.pattern(2, 4, 1), 16, true, null, null);
        Checkpoint source = RandomCheckpoint.of(config, new Random(5));
        Path target = temporary.resolve("quantised.gguf");

        GgufExport.write(source, type, target);

        try (Checkpoint written = Checkpoints.open(target)) {
            WeightMatrix query = written.weights().layers().getFirst().queryProj();
            assertThat(query.type()).isEqualTo(GgufExport.fitting(type, config.hiddenSize()));
            assertThat(error(query, source.weights().layers().getFirst().queryProj()))
                    .isLessThan(0.15);
            assertThat(written.tensors())
                    .filteredOn(tensor ->
                            tensor.name().contains("norm") || tensor.name().contains("gate_inp"))
                    .hasSize(7)
                    .extracting(TensorInfo::type)
                    .containsOnly("F32");
        }
    }

    @Test
    void fallsBackToATypeWhoseGroupFitsTheRow() {
        assertThat(GgufExport.fitting(TensorType.Q4_K, 512)).isEqualTo(TensorType.Q4_K);
        assertThat(GgufExport.fitting(TensorType.Q4_K, 96)).isEqualTo(TensorType.Q8_0);
        assertThat(GgufExport.fitting(TensorType.Q4_K, 80)).isEqualTo(TensorType.F16);
        assertThat(GgufExport.fitting(TensorType.F32, 7)).isEqualTo(TensorType.F32);
    }

    @Test
    void copiesQuantisedMatricesUnchangedWhenTheTypeStays() throws IOException {
        Path first = temporary.resolve("first.gguf");
        Path second = temporary.resolve("second.gguf");
        ModelConfig config = config(ModelConfig.pattern(2, 4, 1), 16, true, null, null);
        GgufExport.write(RandomCheckpoint.of(config, new Random(5)), TensorType.Q4_0, first);

        try (Checkpoint source = Checkpoints.open(first)) {
            GgufExport.write(source, TensorType.Q4_0, second);
        }

        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @Test
    void refusesTypesThatCannotHoldMatrices() {
        Checkpoint source = RandomCheckpoint.of(configs().findFirst().orElseThrow(), new Random(5));

        for (TensorType type : List.of(TensorType.I32, TensorType.F64, TensorType.F8_E4M3)) {
            assertThatThrownBy(() -> GgufExport.write(source, type, temporary.resolve("x.gguf")))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageEndingWith("x.gguf: cannot be written with matrices of type " + type);
        }
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void namesTheTensorThatCannotBeQuantisedAndLeavesNoFile() {
        ModelConfig config = config(ModelConfig.pattern(2, 4, 1), 16, true, null, null);
        RandomCheckpoint source = RandomCheckpoint.of(config, new Random(5));
        WeightMatrix.RowMajor embedding =
                (WeightMatrix.RowMajor) source.weights().embedding();
        embedding.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, 40, Float.NaN);

        assertThatThrownBy(() -> GgufExport.write(source, TensorType.Q8_0, temporary.resolve("x.gguf")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tensor 'token_embd.weight' cannot be written")
                .hasMessageContaining("NaN");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void leavesOutTheOutputMatrixOfTiedModels() {
        ModelConfig config = config(ModelConfig.pattern(2, 4, 1), 16, true, null, null);
        RandomCheckpoint untied = RandomCheckpoint.of(config, new Random(5));
        ModelWeights weights = untied.weights();
        ModelWeights tied = new ModelWeights(
                weights.embedding(), weights.outputNorm(), weights.embedding(), null, weights.layers());
        Path target = temporary.resolve("tied.gguf");

        GgufExport.write(new RandomCheckpoint(config, tied, new Vocabulary.None()), TensorType.F32, target);

        try (Checkpoint written = Checkpoints.open(target)) {
            assertThat(written.tensors()).extracting(TensorInfo::name).doesNotContain("output.weight");
            assertThat(written.weights().output()).isEqualTo(written.weights().embedding());
            WeightAssertions.assertSameNumbers(written.weights(), tied);
        }
    }

    @Test
    void keepsDivisorsThatComeWithoutScaling() {
        ModelConfig config = config(ModelConfig.pattern(2, 4, 1), 16, true, null, null);
        RandomCheckpoint plain = RandomCheckpoint.of(config, new Random(5));
        ModelWeights weights = plain.weights();
        float[] divisors = {1, 1, 2.5f, 8, 8, 8, 8, 8};
        ModelWeights scaled = new ModelWeights(
                weights.embedding(), weights.outputNorm(), weights.output(), Floats.copyOf(divisors), weights.layers());
        Path target = temporary.resolve("divisors.gguf");

        GgufExport.write(new RandomCheckpoint(config, scaled, new Vocabulary.None()), TensorType.F32, target);

        try (Checkpoint written = Checkpoints.open(target)) {
            assertThat(WeightAssertions.elements(
                            Objects.requireNonNull(written.weights().ropeDivisors())))
                    .containsExactly(divisors, within(0f));
            assertThat(written.config().ropeScaling()).isNull();
        }
    }

    private static double error(WeightMatrix actual, WeightMatrix expected) {
        float[] actualNumbers = WeightAssertions.elements(actual);
        float[] expectedNumbers = WeightAssertions.elements(expected);
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expectedNumbers.length; i++) {
            double delta = (double) actualNumbers[i] - expectedNumbers[i];
            difference += delta * delta;
            size += (double) expectedNumbers[i] * expectedNumbers[i];
        }
        return Math.sqrt(difference / size);
    }

    private static List<Layer> irregular() {
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < 6; layer++) {
            boolean global = layer == 0 || layer == 4;
            layers.add(new Layer(global ? LayerKind.GLOBAL : LayerKind.LOCAL, layer == 1 || layer == 2));
        }
        return layers;
    }

    private static ModelConfig config(
            List<Layer> layers,
            int chunkSize,
            boolean qkNorm,
            @Nullable RopeScaling scaling,
            @Nullable AttentionTemperature temperature) {
        boolean moe = layers.stream().anyMatch(Layer::isMoe);
        boolean dense = !layers.stream().allMatch(Layer::isMoe);
        return new ModelConfig(
                64,
                31,
                4096,
                6,
                2,
                16,
                moe ? 32 : 0,
                dense ? 48 : 0,
                moe ? 3 : 0,
                moe ? 2 : 0,
                layers,
                chunkSize,
                1e-6f,
                qkNorm,
                10_000,
                scaling,
                temperature);
    }
}
