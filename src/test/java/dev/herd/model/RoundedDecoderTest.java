package dev.herd.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.ModelRunner;
import dev.herd.golden.Scoring;
import dev.herd.golden.TestDevice;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole models of quantised weights on a device that rounds inputs, beside the CPU's scalar kernels, which do not: dense layers
 * and mixtures, one token at a time and several.
 */
final class RoundedDecoderTest {
    /** Root mean square of the difference of logits as a share of the logits'. */
    private static final double MOST = 0.02;

    /** What no sum of floats differs by. */
    private static final double LEAST = 1e-4;

    @ParameterizedTest(name = "{0}, {1} of 4 experts, {2} tokens")
    @CsvSource({"Q4_K, 1, 1, 22", "Q4_K, 2, 8, 22", "Q6_K, 2, 3, 21", "Q8_0, 1, 5, 21", "Q4_0, 1, 2, 21"})
    void logitsAreTheCpusWithinWhatRoundingCosts(
            TensorType type, int perToken, int slice, int seed, @TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(4, 4, 2)
                .experts(4, perToken)
                .widths(256, 64, 256, 512)
                .heads(4, 2)
                .build(seed);
        int[] tokens = new Random(22).ints(8, 0, model.config.vocabularySize()).toArray();
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), type, file);
        try (Checkpoint checkpoint = Checkpoints.open(file);
                ModelRunner cpu = new CpuModelRunner(
                        checkpoint,
                        KernelsSelector.select(Optional.of("scalar")).kernels(),
                        1,
                        limits());
                ModelRunner device = new DeviceModelRunner(
                        checkpoint,
                        TestDevice.withAllCapabilities(),
                        new DeviceModelRunner.TowerPlace.OnDevice(),
                        limits(),
                        1,
                        256)) {
            double error = relativeError(score(cpu, tokens, 8), score(device, tokens, slice));

            assertThat(error).isBetween(TestDevice.rounds() ? LEAST : 0, TestDevice.rounds() ? MOST : LEAST);
        }
    }

    private static float[][] score(ModelRunner runner, int[] tokens, int slice) {
        return Scoring.score(runner, tokens, -1, new float[0], slice);
    }

    private static CpuModelRunner.Limits limits() {
        return new CpuModelRunner.Limits(8, 16, TensorType.F32, 1L << 22);
    }

    private static double relativeError(float[][] expected, float[][] actual) {
        double error = 0;
        double size = 0;
        for (int t = 0; t < expected.length; t++) {
            for (int i = 0; i < expected[t].length; i++) {
                error += Math.pow((double) actual[t][i] - expected[t][i], 2);
                size += Math.pow(expected[t][i], 2);
            }
        }
        return Math.sqrt(error / size);
    }
}
