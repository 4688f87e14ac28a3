package dev.herd.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.ModelRunner;
import dev.herd.golden.Scoring;
import dev.herd.golden.TestDevice;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole models of quantised weights on a device that rounds inputs: dense layers and mixtures, one token at a time and several.
 * Beside them the CPU's C kernels, which round alike; beside scalar ones, which do not round, a token can go to another expert.
 */
final class RoundedDecoderTest {
    /** Root mean square of the difference of logits as a share of the logits', if a few inputs round to another level. */
    private static final double MOST = 0.01;

    /** The same where one rounds and the other does not, as long as no token goes to another expert. */
    private static final double ONE_ROUNDS = 0.02;

    /** What rounding costs at least, and adding up in another order never does: that the device rounded. */
    private static final double LEAST = 1e-3;

    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();

    private static final Kernels PREFERRED =
            KernelsSelector.select(Optional.empty()).kernels();

    @ParameterizedTest(name = "{0}, {1} of 4 experts, {2} tokens")
    @CsvSource({"Q4_K, 1, 1", "Q4_K, 2, 8", "Q6_K, 2, 3", "Q8_0, 1, 5", "Q4_0, 1, 2"})
    void logitsAreTheCpus(TensorType type, int perToken, int slice, @TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(4, 4, 2)
                .experts(4, perToken)
                .widths(256, 64, 256, 512)
                .heads(4, 2)
                .build(22);
        int[] tokens = new Random(22).ints(8, 0, model.config.vocabularySize()).toArray();
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), type, file);
        try (Checkpoint checkpoint = Checkpoints.open(file);
                ModelRunner cpu = new CpuModelRunner(checkpoint, PREFERRED, 1, limits());
                ModelRunner exact = new CpuModelRunner(checkpoint, SCALAR, 1, limits());
                ModelRunner device = new DeviceModelRunner(
                        checkpoint,
                        TestDevice.withAllCapabilities(),
                        new DeviceModelRunner.TowerPlace.OnDevice(),
                        limits(),
                        1,
                        256)) {
            float[][] expected = score(cpu, tokens, 8);
            float[][] actual = score(device, tokens, slice);

            boolean rounds = TestDevice.capabilities().hasDp4a();
            assertThat(relativeError(score(exact, tokens, 8), actual) > LEAST)
                    .as("the device rounds inputs")
                    .isEqualTo(rounds);
            boolean roundAlike = rounds == PREFERRED.name().equals("native");
            assertThat(relativeError(expected, actual)).isLessThan(roundAlike ? MOST : ONE_ROUNDS);
            if (roundAlike) {
                assertThat(greedy(actual)).containsExactly(greedy(expected));
            }
        }
    }

    private static float[][] score(ModelRunner runner, int[] tokens, int slice) {
        return Scoring.score(runner, tokens, -1, new float[0], slice);
    }

    private static CpuModelRunner.Limits limits() {
        return new CpuModelRunner.Limits(8, 16, TensorType.F32, 1L << 22);
    }

    private static int[] greedy(float[][] logits) {
        return Arrays.stream(logits)
                .mapToInt(row -> IntStream.range(0, row.length)
                        .reduce((best, i) -> row[i] > row[best] ? i : best)
                        .orElseThrow())
                .toArray();
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
