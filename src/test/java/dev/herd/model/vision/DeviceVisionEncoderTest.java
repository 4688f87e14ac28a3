package dev.herd.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.golden.Golden;
import dev.herd.golden.TestDevice;
import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.tornado.DeviceFormat;
import dev.herd.kernels.tornado.MmaVision;
import dev.herd.kernels.tornado.TornadoDevices;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import dev.herd.weights.GgufVisionExport;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tower on the device of the tests, and on the emulator of one with matrix units, beside the scalar kernels, over shapes that
 * no checkpoint has.
 */
class DeviceVisionEncoderTest {
    /** The device computes GELU from a formula that is wrong by 1.5e-7, and adds up in another order; halves cost more. */
    private static final float TOLERANCE = 5e-5f;

    /** On matrix units, quantised weights meet inputs of 11 significant bits, and so do keys and values. */
    private static final float HALVES_TOLERANCE = 2e-3f;

    private static final int TEXT_SIZE = 13;

    static Stream<Arguments> towers() {
        return Stream.of(
                Arguments.of(new VisionConfig(4, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000), TensorType.F32),
                Arguments.of(new VisionConfig(6, 2, 24, 3, 17, 2, 3, 10, 1e-5f, 10_000), TensorType.F32),
                Arguments.of(new VisionConfig(28, 7, 40, 5, 96, 3, 2, 33, 1e-3f, 100), TensorType.BF16),
                Arguments.of(new VisionConfig(30, 5, 36, 1, 21, 2, 2, 12, 1e-5f, 10_000), TensorType.F16),
                Arguments.of(new VisionConfig(18, 2, 16, 2, 24, 1, 3, 20, 1e-6f, 50_000), TensorType.F32));
    }

    /** Three tiles by two: a full batch, and one that the second tile's place in it is empty of. */
    @ParameterizedTest
    @MethodSource("towers")
    void everyShapeAgreesWithTheCpu(VisionConfig config, TensorType type) {
        VisionTower tower = RandomTower.of(config, TEXT_SIZE, type, 3);

        compare(tower, VisionEncoderTest.tiles(config, 3), 2);
    }

    /** Groups of 32 columns, as GGUF files of towers have them. */
    @ParameterizedTest
    @MethodSource("quantised")
    void quantisedTowersAgreeWithTheCpu(TensorType type) {
        VisionConfig config = new VisionConfig(32, 16, 64, 4, 96, 2, 2, 32, 1e-5f, 10_000);
        VisionTower tower = RandomTower.of(config, TEXT_SIZE, type, 5);

        compare(tower, VisionEncoderTest.tiles(config, 1), 1);
    }

    static Stream<TensorType> quantised() {
        return Stream.of(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q5_1);
    }

    /** Files of both kinds, as they lie on the disk. */
    @Test
    void towersFromFilesAgreeWithTheCpu(@TempDir Path folder) {
        try (Checkpoint source = Checkpoints.open(Golden.folder("vision"))) {
            VisionTower tower = source.vision().orElseThrow();
            compare(tower, VisionEncoderTest.tiles(tower.config(), 2), 2);

            Path text = folder.resolve("vision.gguf");
            GgufExport.write(source, TensorType.F32, text);
            GgufVisionExport.write(source, TensorType.F16, folder.resolve("mmproj-vision.gguf"));
            try (Checkpoint exported = Checkpoints.open(text)) {
                VisionTower half = exported.vision().orElseThrow();
                assertThat(half.weights()
                                .layers()
                                .getFirst()
                                .queryProj()
                                .weight()
                                .type())
                        .isEqualTo(TensorType.F16);
                compare(half, VisionEncoderTest.tiles(half.config(), 2), 2);
            }
        }
    }

    /** What lies in a batch's memory from before has no influence, nor have neighbours. */
    @Test
    void aTileDoesNotDependOnItsCompany() {
        VisionConfig config = new VisionConfig(28, 7, 40, 5, 96, 2, 2, 33, 1e-5f, 10_000);
        VisionTower tower = RandomTower.of(config, TEXT_SIZE, TensorType.F32, 9);
        List<Tile> tiles = VisionEncoderTest.tiles(config, 3);
        int size = config.tokensPerTile() * TEXT_SIZE;
        try (TileEncoder encoder = on(TestDevice.withAllCapabilities(), tower, 3)) {
            float[] together = encoder.encode(tiles).toArray(0, 3 * size);

            for (int tile = 0; tile < 3; tile++) {
                float[] alone = encoder.encode(List.of(tiles.get(tile))).toArray(0, size);
                for (int i = 0; i < size; i++) {
                    assertThat(alone[i]).as("tile %d, element %d", tile, i).isEqualTo(together[tile * size + i]);
                }
            }
        }
    }

    @Test
    void tilesOfAnotherSizeAndTooManyAreRefused() {
        VisionConfig config = new VisionConfig(4, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000);
        VisionConfig larger = new VisionConfig(6, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000);
        VisionTower tower = RandomTower.of(config, TEXT_SIZE, TensorType.F32, 9);
        try (TileEncoder encoder = on(TestDevice.get(), tower, 2)) {
            assertThatThrownBy(() -> encoder.encode(VisionEncoderTest.tiles(larger, 1)))
                    .hasMessage("a tile has 6 pixels per side, but the model's have 4");
            assertThatThrownBy(() -> encoder.encode(VisionEncoderTest.tiles(config, 3)))
                    .hasMessage("a batch of 3 tiles, not 1 to 2");
            assertThatThrownBy(() -> encoder.encode(List.of())).hasMessage("a batch of 0 tiles, not 1 to 2");
        }
    }

    /** The device, and on the emulator also one with everything. */
    private static List<Device> devices() {
        return TestDevice.isEmulator()
                ? List.of(TestDevice.get(), TestDevice.withAllCapabilities())
                : List.of(TestDevice.get());
    }

    private static void compare(VisionTower tower, List<Tile> tiles, int maxTiles) {
        for (Device device : devices()) {
            float error = largestError(device, tower, tiles, maxTiles);

            if (rounds(device, tower)) {
                assertThat(error).as("on matrix units").isBetween(TOLERANCE, HALVES_TOLERANCE);
            } else {
                assertThat(error).isLessThan(TOLERANCE);
            }
        }
    }

    /** Whether inputs become halves and lose bits: those of quantised weights that the device keeps as they are, or of attention. */
    private static boolean rounds(Device device, VisionTower tower) {
        int headSize = tower.config().hiddenSize() / tower.config().headCount();
        boolean isQuantised = switch (DeviceFormat.of(tower.weights().projector())) {
            case F32, F16, BF16 -> false;
            case Q8_0, Q4_0, Q4_K, Q6_K -> true;
        };
        return TornadoDevices.capabilities(device).hasMma() && (isQuantised || MmaVision.takes(headSize));
    }

    private static float largestError(Device device, VisionTower tower, List<Tile> tiles, int maxTiles) {
        int size = tower.config().tokensPerTile() * tower.weights().projector().rows();
        float largest = 0;
        try (TileEncoder encoder = on(device, tower, maxTiles);
                Workers workers = new Workers(1);
                TileEncoder cpu = new VisionEncoder(
                        tower, KernelsSelector.select(Optional.of("scalar")).kernels(), workers, maxTiles)) {
            for (int from = 0; from < tiles.size(); from += maxTiles) {
                List<Tile> batch = tiles.subList(from, Math.min(from + maxTiles, tiles.size()));
                Floats expected = cpu.encode(batch);

                Floats actual = encoder.encode(batch);

                for (int i = 0; i < batch.size() * size; i++) {
                    largest = Math.max(largest, Math.abs(actual.get(i) - expected.get(i)));
                }
            }
        }
        return largest;
    }

    private static TileEncoder on(Device device, VisionTower tower, int maxTiles) {
        Encoder encoder = DeviceVisionEncoder.describe(tower, maxTiles);
        return new DeviceVisionEncoder(tower.config(), device.load(encoder), maxTiles);
    }
}
