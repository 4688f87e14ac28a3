package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.device.DeviceSelector;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The decoder on a device, end to end: on the emulator in every build, and on a real one where an SDK is (the property
 * {@code herd.test.backend} says which, and no other may answer).
 */
final class DeviceGoldenTest {
    private static final double TOLERANCE = 1e-2;
    private static final String BACKEND = System.getProperty("herd.test.backend", "emulator");
    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();
    private static final int PATCH_TOKEN = 718;

    @Test
    void backendIsTheOneThatWasAskedFor() {
        Choice choice = DeviceSelector.select(BACKEND);

        assertThat(choice).isInstanceOf(Choice.Take.class);
        String backend = Devices.DEVICE.facts().backend();
        if (BACKEND.equals("emulator")) {
            assertThat(backend).isEqualTo("emulator");
        } else {
            assertThat(backend).isEqualTo(System.getProperty("herd.test.device", "OPENCL"));
        }
    }

    /** A slice of 3 takes the kernels for few tokens, one of 40 those for many; both cross attention chunks. */
    @ParameterizedTest
    @ValueSource(
            strings = {"scout 3", "scout 40", "maverick 3", "maverick 40", "guard 3", "guard 40", "llama 3", "llama 40"
            })
    void logitsEqualTheReference(String fixtureAndSlice) {
        String fixture = fixtureAndSlice.split(" ", -1)[0];
        int slice = Integer.parseInt(fixtureAndSlice.split(" ", -1)[1]);
        List<Golden> cases = cases(fixture);
        assertThat(cases).hasSizeGreaterThanOrEqualTo(2);
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(fixture));
                ModelRunner runner = device(checkpoint, 40)) {
            for (Golden golden : cases) {
                float[][] logits = Scoring.score(runner, golden.tokens(), -1, new float[0], slice);

                assertThat(Scoring.largestError(golden.logits(), logits))
                        .as(golden.name())
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @Test
    void logitsOfPicturesEqualTheReference() {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("vision"));
                ModelRunner runner = device(checkpoint, 40)) {
            for (Golden golden : cases("vision")) {
                float[] features = Arrays.stream(golden.tokens()).anyMatch(id -> id == PATCH_TOKEN)
                        ? GoldenImages.of("vision", golden.name()).features()
                        : new float[0];

                float[][] logits = Scoring.score(runner, golden.tokens(), PATCH_TOKEN, features, 40);

                assertThat(Scoring.largestError(golden.logits(), logits))
                        .as(golden.name())
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard", "llama"})
    void greedyTokensAreThoseOfTheCpu(String fixture) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(fixture));
                ModelRunner device = device(checkpoint, 8);
                ModelRunner cpu = new CpuModelRunner(checkpoint, SCALAR, 1, limits(8))) {
            int[] prompt = Arrays.copyOf(Golden.casesOf(fixture).getFirst().tokens(), 3);

            assertThat(Greedy.answer(device, prompt, 48)).isEqualTo(Greedy.answer(cpu, prompt, 48));
        }
    }

    /** The emulator takes seconds for what a device does at once; 15 and 17 tokens lie on both sides of an attention chunk. */
    private static List<Golden> cases(String fixture) {
        return Golden.casesOf(fixture).stream()
                .filter(golden ->
                        !BACKEND.equals("emulator") || (golden.tokens().length >= 15 && golden.tokens().length <= 17))
                .toList();
    }

    private static ModelRunner device(Checkpoint checkpoint, int maxTokens) {
        return new DeviceModelRunner(checkpoint, Devices.DEVICE, SCALAR, 2, limits(maxTokens), 1, 256);
    }

    private static CpuModelRunner.Limits limits(int maxTokens) {
        return new CpuModelRunner.Limits(maxTokens, 16, TensorType.F32, 1L << 22);
    }

    /** A device is opened once in a JVM. */
    private static final class Devices {
        static final Device DEVICE = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals(BACKEND))
                .findFirst()
                .orElseThrow()
                .open(Optional.empty(), line -> {});
    }
}
