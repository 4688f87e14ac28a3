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
}
