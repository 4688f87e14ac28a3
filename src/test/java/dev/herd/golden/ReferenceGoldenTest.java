package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every logit at every position, against Hugging Face's own Llama 4 in float32. */
final class ReferenceGoldenTest {
    private static final double TOLERANCE = 5e-4;

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void logitsFromSafetensorsEqualTheReference(String fixture) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(fixture))) {
            List<Golden> cases = Golden.casesOf(fixture);

            assertThat(cases).hasSizeGreaterThanOrEqualTo(6);
            for (Golden golden : cases) {
                assertThat(Scoring.largestError(golden.logits(), Scoring.score(checkpoint, golden.tokens())))
                        .as(golden.name())
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void logitsFromGgufEqualThoseFromSafetensors(String fixture, @TempDir Path folder) {
        Path file = folder.resolve(fixture + ".gguf");
        try (Checkpoint source = Checkpoints.open(Golden.folder(fixture))) {
            GgufExport.write(source, TensorType.F32, file);
            try (Checkpoint exported = Checkpoints.open(file)) {
                assertThat(exported.config()).isEqualTo(source.config());
                for (Golden golden : Golden.casesOf(fixture)) {
                    float[][] expected = Scoring.score(source, golden.tokens());
                    assertThat(Scoring.largestError(expected, Scoring.score(exported, golden.tokens())))
                            .as(golden.name())
                            .isLessThan(2e-5);
                }
            }
        }
    }

    /** Random weights have no outliers, so the error of the logits is that of the weights, summed over the layers. */
    @ParameterizedTest
    @CsvSource({"scout,Q8_0,0.15", "maverick,Q8_0,0.15", "guard,Q8_0,0.15", "guard,Q4_K,2.0", "guard,BF16,0.1"})
    void quantisedVersionsStayWithinTheirError(
            String fixture, TensorType type, double tolerance, @TempDir Path folder) {
        Path file = folder.resolve(fixture + ".gguf");
        try (Checkpoint source = Checkpoints.open(Golden.folder(fixture))) {
            GgufExport.write(source, type, file);
        }
        try (Checkpoint exported = Checkpoints.open(file)) {
            Golden golden = Golden.casesOf(fixture).getLast();
            float[][] actual = Scoring.score(exported, golden.tokens());

            assertThat(Scoring.medianError(golden.logits(), actual)).isLessThan(tolerance);
        }
    }
}
