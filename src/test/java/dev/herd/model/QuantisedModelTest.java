package dev.herd.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.golden.Scoring;
import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What quantisation costs a whole model: the root mean square of the logits' error as a share of the logits'. A dense
 * model, since with random weights the smallest error sends a token to another expert.
 */
final class QuantisedModelTest {
    @ParameterizedTest
    @CsvSource({
        "F16,0.002",
        "BF16,0.015",
        "Q8_0,0.03",
        "Q6_K,0.09",
        "Q5_K,0.2",
        "Q5_0,0.23",
        "Q5_1,0.2",
        "Q4_K,0.37",
        "Q4_0,0.45",
        "Q4_1,0.37",
        "IQ4_NL,0.42",
        "IQ4_XS,0.42",
        "MXFP4,0.6",
        "Q3_K,0.7",
        "Q2_K,1.1"
    })
    void logitsStayWithinTheTypesError(TensorType type, double tolerance, @TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(4, 4, 0)
                .widths(256, 64, 0, 512)
                .heads(4, 2)
                .build(21);
        int[] tokens = new Random(22).ints(24, 0, model.config.vocabularySize()).toArray();
        float[][] expected = Scoring.score(model.asCheckpoint(), tokens);
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), type, file);

        try (Checkpoint quantised = Checkpoints.open(file)) {
            assertThat(quantised.weights().layers().getFirst().queryProj().type())
                    .isEqualTo(type);
            double error = relativeError(expected, Scoring.score(quantised, tokens));
            assertThat(error).isLessThan(tolerance).isGreaterThan(tolerance / 10);
        }
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
