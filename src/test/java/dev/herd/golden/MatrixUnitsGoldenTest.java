package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.CpuModelRunner.Limits;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.DeviceModelRunner.TowerPlace;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.tornado.Capabilities;
import dev.herd.kernels.tornado.TornadoDevices;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The decoder end to end on an emulated device with matrix units, in steps that have the tokens for them. Weights of the
 * fixtures are F32, whose products stay in float there: {@code MatrixUnitsDecoderTest} has those in halves.
 */
final class MatrixUnitsGoldenTest {
    private static final Device DEVICE = TornadoDevices.emulated(new Capabilities(false, true), line -> {});
    private static final Limits LIMITS = new Limits(40, 16, TensorType.F32, 1L << 22);

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "llama"})
    void logitsEqualTheReference(String fixture) {
        List<Golden> cases = Golden.casesOf(fixture).stream()
                .filter(golden -> golden.tokens().length >= 15 && golden.tokens().length <= 17)
                .toList();
        assertThat(cases).isNotEmpty();
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(fixture));
                ModelRunner runner = onDevice(checkpoint)) {
            for (Golden golden : cases) {
                float[][] logits = Scoring.score(runner, golden.tokens(), -1, new float[0], 40);

                assertThat(Scoring.largestError(golden.logits(), logits))
                        .as(golden.name())
                        .isLessThan(1e-2);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "llama"})
    void greedyTokensAreThoseOfTheCpu(String fixture) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(fixture));
                ModelRunner device = onDevice(checkpoint);
                ModelRunner cpu = new CpuModelRunner(
                        checkpoint,
                        KernelsSelector.select(Optional.of("scalar")).kernels(),
                        1,
                        LIMITS)) {
            int[] prompt = Arrays.copyOf(Golden.casesOf(fixture).getLast().tokens(), 12);

            assertThat(Greedy.answer(device, prompt, 12)).isEqualTo(Greedy.answer(cpu, prompt, 12));
        }
    }

    private static ModelRunner onDevice(Checkpoint checkpoint) {
        return new DeviceModelRunner(checkpoint, DEVICE, new TowerPlace.OnDevice(), LIMITS, 1, 256);
    }
}
