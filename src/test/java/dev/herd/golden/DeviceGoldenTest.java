package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.DeviceModelRunner.TowerPlace;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.DeviceSelector;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.kernels.tornado.TornadoDevices;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.Tile;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.VisionTower;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The decoder on a device, end to end: on the emulator in every build, and on a real one where an SDK is (the property
 * {@code herd.test.backend} says which, and no other may answer).
 */
final class DeviceGoldenTest {
    private static final double TOLERANCE = 1e-2;
    private static final double FEATURE_TOLERANCE = 2e-4;

    /** The same where keys and values of pictures are halves. */
    private static final double HALVES_FEATURE_TOLERANCE = 1e-3;

    private static final String BACKEND = TestDevice.BACKEND;
    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();
    private static final int PATCH_TOKEN = 718;

    @Test
    void backendIsTheOneThatWasAskedFor() {
        Choice choice = DeviceSelector.select(BACKEND);

        assertThat(choice).isInstanceOf(Choice.Take.class);
        String backend = TestDevice.get().facts().backend();
        if (TestDevice.isEmulator()) {
            assertThat(backend).isEqualTo("emulator");
        } else {
            assertThat(backend).isEqualTo(System.getProperty("herd.test.device", "OPENCL"));
        }
    }

    /** A slice of 3 takes the kernels for few tokens, one of 40 those for many; both cross attention chunks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "scout 3",
                "scout 40",
                "maverick 3",
                "maverick 40",
                "guard 3",
                "guard 40",
                "llama 3",
                "llama 40",
                "vision 3"
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

    /** Steps of one size after those of another, each recorded for its own, and logits of more rows than go at once. */
    @Test
    void stepsOfChangingSizesEqualTheReference() {
        Golden golden = cases("scout").getFirst();
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("scout"));
                ModelRunner runner = device(checkpoint, 40)) {
            for (int slice : new int[] {5, 1, 12, 5, 40}) {
                float[][] logits = Scoring.score(runner, golden.tokens(), -1, new float[0], slice);

                assertThat(Scoring.largestError(golden.logits(), logits))
                        .as("slices of " + slice)
                        .isLessThan(TOLERANCE);
            }
        }
    }

    /** As a guard beside the served model does: steps of sizes that were not recorded at the start, at the same time. */
    @Test
    void modelsThatShareTheDeviceDoNotDisturbEachOther() throws Exception {
        try (Checkpoint served = Checkpoints.open(Golden.folder("scout"));
                Checkpoint guard = Checkpoints.open(Golden.folder("guard"));
                ModelRunner one = device(served, 40);
                ModelRunner other = device(guard, 40);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Golden first = ofFortyTokens("scout");
            Golden second = ofFortyTokens("guard");
            Future<float[][]> ofServed = threads.submit(() -> Scoring.score(one, first.tokens(), -1, new float[0], 40));
            Future<float[][]> ofGuard =
                    threads.submit(() -> Scoring.score(other, second.tokens(), -1, new float[0], 40));

            assertThat(Scoring.largestError(first.logits(), ofServed.get())).isLessThan(TOLERANCE);
            assertThat(Scoring.largestError(second.logits(), ofGuard.get())).isLessThan(TOLERANCE);
        }
    }

    private static Golden ofFortyTokens(String fixture) {
        return Golden.casesOf(fixture).stream()
                .filter(golden -> golden.tokens().length == 40)
                .findFirst()
                .orElseThrow();
    }

    /** From pixels to logits: what the device makes of the tiles goes back into its decoder. */
    @Test
    void logitsOfPicturesEqualTheReference() {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("vision"));
                ModelRunner runner = device(checkpoint, 160)) {
            assertThat(runner.description()).endsWith("; vision tower on the device");
            assertThat(runner.maxBatchTiles()).isEqualTo(2);
            for (Golden golden : casesWithPictures()) {
                GoldenImages images = GoldenImages.of("vision", golden.name());
                float[] features = encode(checkpoint.vision().orElseThrow(), runner, images.pixels());

                float[][] logits = Scoring.score(runner, golden.tokens(), PATCH_TOKEN, features, 40);

                assertThat(Scoring.largestError(new float[][] {images.features()}, new float[][] {features}))
                        .as(golden.name())
                        .isLessThan(
                                TornadoDevices.capabilities(TestDevice.get()).hasMma()
                                        ? HALVES_FEATURE_TOLERANCE
                                        : FEATURE_TOLERANCE);
                assertThat(Scoring.largestError(golden.logits(), logits))
                        .as(golden.name())
                        .isLessThan(TOLERANCE);
            }
        }
    }

    /** One picture of one tile, two of several, and on a real device those of thirteen tiles. */
    private static List<Golden> casesWithPictures() {
        List<Golden> cases = Golden.casesOf("vision").stream()
                .filter(golden -> Arrays.stream(golden.tokens()).anyMatch(id -> id == PATCH_TOKEN))
                .filter(golden -> !TestDevice.isEmulator() || golden.tokens().length <= 28)
                .toList();
        assertThat(cases).hasSize(TestDevice.isEmulator() ? 3 : 5);
        return cases;
    }

    /** Tile after tile, as many at a time as the runner takes. */
    private static float[] encode(VisionTower tower, ModelRunner runner, float[] pixels) {
        int size = tower.config().tileSize();
        int count = pixels.length / (3 * size * size);
        int tileValues = tower.config().tokensPerTile() * runner.config().hiddenSize();
        float[] features = new float[count * tileValues];
        for (int tile = 0; tile < count; tile += runner.maxBatchTiles()) {
            PixelTiles tiles = new PixelTiles(count, size, pixels);
            List<Tile> batch = IntStream.range(tile, Math.min(count, tile + runner.maxBatchTiles()))
                    .mapToObj(index -> new Tile(tiles, index))
                    .toList();
            runner.encode(batch).read(0, features, tile * tileValues, batch.size() * tileValues);
        }
        return features;
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
                .filter(golden -> Arrays.stream(golden.tokens()).noneMatch(id -> id == PATCH_TOKEN))
                .filter(golden ->
                        !TestDevice.isEmulator() || (golden.tokens().length >= 15 && golden.tokens().length <= 17))
                .toList();
    }

    private static ModelRunner device(Checkpoint checkpoint, int maxTokens) {
        return new DeviceModelRunner(
                checkpoint, TestDevice.get(), new TowerPlace.OnDevice(), limits(maxTokens), 1, 256);
    }

    private static CpuModelRunner.Limits limits(int maxTokens) {
        return new CpuModelRunner.Limits(maxTokens, 16, TensorType.F32, 1L << 22);
    }
}
