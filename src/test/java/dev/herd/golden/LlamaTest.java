package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.model.NaiveLlama;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.TinyLlama;
import dev.herd.weights.TinyLlama.Sizes;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Llama 3 on Herd's decoder, from safetensors and from GGUF, against {@link NaiveLlama}. */
final class LlamaTest {
    private static final double TOLERANCE = 1e-4;
    private static final int TOKENS = 80;

    /** Positions go far beyond it. */
    private static final RopeScaling SCALING = new RopeScaling(8, 1, 4, 32);

    @TempDir
    Path folder;

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("8B", new Sizes(32, 40, 3, 4, 2, 8, 60, 500_000, SCALING, false)),
                Arguments.of("1B", new Sizes(32, 48, 2, 8, 2, 4, 70, 500_000, new RopeScaling(32, 1, 4, 32), true)),
                Arguments.of("Llama 3 without scaling", new Sizes(24, 56, 2, 3, 1, 8, 33, 500_000, null, false)),
                Arguments.of("tied without scaling", new Sizes(16, 20, 1, 2, 2, 8, 41, 10_000, null, true)),
                Arguments.of("head size of its own", new Sizes(20, 36, 2, 6, 3, 12, 50, 100, SCALING, true)),
                Arguments.of("smallest head", new Sizes(6, 10, 2, 3, 3, 2, 17, 500_000, null, false)),
                Arguments.of("one band of scaling", new Sizes(32, 64, 2, 2, 1, 16, 40, 50, bands(1, 1), false)),
                Arguments.of("wide heads", new Sizes(64, 96, 1, 2, 1, 64, 50, 500_000, bands(1, 8), false)));
    }

    private static RopeScaling bands(float low, float high) {
        return new RopeScaling(16, low, high, 16);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void logitsEqualTheNaiveModelsAtEveryPosition(String name, Sizes sizes) {
        TinyLlama model = TinyLlama.random(sizes, 7);
        int[] tokens = new Random(8).ints(TOKENS, 0, sizes.vocabulary()).toArray();
        float[][] expected = floats(new NaiveLlama(model).forward(tokens));

        float[][] safetensors = scored(model.writeHuggingFace(folder.resolve("hf")), tokens);
        float[][] gguf = scored(model.writeGguf(folder.resolve("model.gguf")), tokens);

        assertThat(Scoring.largestError(expected, safetensors)).isLessThan(TOLERANCE);
        assertThat(Scoring.largestError(expected, gguf)).isLessThan(TOLERANCE);
        assertThat(Scoring.largestError(safetensors, gguf)).isLessThan(TOLERANCE);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void exportedAsGgufItIsALlamaStill(String name, Sizes sizes) {
        TinyLlama model = TinyLlama.random(sizes, 9);
        int[] tokens = new Random(10).ints(TOKENS, 0, sizes.vocabulary()).toArray();
        Path target = folder.resolve("exported.gguf");
        try (Checkpoint source = Checkpoints.open(model.writeHuggingFace(folder.resolve("hf")))) {
            GgufExport.write(source, TensorType.F32, target);

            try (Checkpoint exported = Checkpoints.open(target);
                    Checkpoint converted = Checkpoints.open(model.writeGguf(folder.resolve("converted.gguf")))) {
                assertThat(exported.config()).isEqualTo(source.config());
                assertThat(names(exported)).containsExactlyInAnyOrder(names(converted));
                assertThat(Scoring.largestError(Scoring.score(source, tokens), Scoring.score(exported, tokens)))
                        .isLessThan(2e-5);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void scalingMattersAtThesePositions(String name, Sizes sizes) {
        TinyLlama model = TinyLlama.random(sizes, 7);
        int[] tokens = new Random(8).ints(TOKENS, 0, sizes.vocabulary()).toArray();
        float[][] logits = scored(model.writeHuggingFace(folder.resolve("hf")), tokens);

        Sizes unscaled = with(sizes, sizes.scaling() == null ? SCALING : null);
        float[][] other = floats(new NaiveLlama(new TinyLlama(unscaled, model.tensors())).forward(tokens));

        boolean hasRoomForScaling = sizes.headSize() > 2;
        assertThat(Scoring.largestError(logits, other) > 0.01).isEqualTo(hasRoomForScaling);
    }

    private static Sizes with(Sizes sizes, @Nullable RopeScaling scaling) {
        return new Sizes(
                sizes.hidden(),
                sizes.ffn(),
                sizes.layers(),
                sizes.heads(),
                sizes.kvHeads(),
                sizes.headSize(),
                sizes.vocabulary(),
                sizes.theta(),
                scaling,
                sizes.tied());
    }

    private static String[] names(Checkpoint checkpoint) {
        return checkpoint.tensors().stream().map(Checkpoint.TensorInfo::name).toArray(String[]::new);
    }

    private static float[][] scored(Path path, int[] tokens) {
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            return Scoring.score(checkpoint, tokens);
        }
    }

    private static float[][] floats(double[][] rows) {
        return Arrays.stream(rows)
                .map(row -> {
                    float[] values = new float[row.length];
                    for (int i = 0; i < row.length; i++) {
                        values[i] = (float) row[i];
                    }
                    return values;
                })
                .toArray(float[][]::new);
    }
}
