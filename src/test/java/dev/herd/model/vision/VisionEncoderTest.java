package dev.herd.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoder against {@link NaiveVision}, over shapes that no checkpoint has. */
class VisionEncoderTest {
    static Stream<VisionConfig> shapes() {
        return Stream.of(
                new VisionConfig(4, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000),
                new VisionConfig(6, 2, 24, 3, 17, 2, 3, 10, 1e-5f, 10_000),
                new VisionConfig(28, 7, 40, 5, 96, 3, 2, 33, 1e-3f, 100),
                new VisionConfig(30, 5, 36, 1, 21, 2, 2, 12, 1e-5f, 10_000),
                new VisionConfig(32, 2, 16, 2, 24, 1, 4, 20, 1e-6f, 50_000));
    }

    static List<Tile> tiles(VisionConfig config, int count) {
        Random random = new Random(7);
        List<Tile> tiles = new ArrayList<>();
        float[] values = new float[count * 3 * config.tileSize() * config.tileSize()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        PixelTiles pixels = new PixelTiles(count, config.tileSize(), values);
        for (int tile = 0; tile < count; tile++) {
            tiles.add(new Tile(pixels, tile));
        }
        return tiles;
    }

    private static float[] pixels(Tile tile) {
        int size = tile.picture().tileValues();
        return Arrays.copyOfRange(tile.picture().values(), tile.index() * size, (tile.index() + 1) * size);
    }

    private static float[][] encode(VisionTower tower, boolean isScalar, List<Tile> tiles, int batch) {
        int size = tower.config().tokensPerTile() * tower.weights().projector().rows();
        float[][] encoded = new float[tiles.size()][];
        try (Workers workers = new Workers(2);
                VisionEncoder encoder = new VisionEncoder(
                        tower,
                        KernelsSelector.select(isScalar ? Optional.of("scalar") : Optional.empty())
                                .kernels(),
                        workers,
                        batch)) {
            for (int from = 0; from < tiles.size(); from += batch) {
                List<Tile> part = tiles.subList(from, Math.min(from + batch, tiles.size()));
                Floats rows = encoder.encode(part);
                for (int i = 0; i < part.size(); i++) {
                    encoded[from + i] = rows.toArray((long) i * size, size);
                }
            }
        }
        return encoded;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyShapeAgreesWithPlainArithmetic(VisionConfig config) {
        VisionTower tower = RandomTower.of(config, 13, TensorType.F32, 3);
        List<Tile> tiles = tiles(config, 3);
        for (boolean isScalar : new boolean[] {true, false}) {
            float[][] encoded = encode(tower, isScalar, tiles, 2);

            for (int tile = 0; tile < 3; tile++) {
                double[][] expected = new NaiveVision(tower).encode(pixels(tiles.get(tile)));
                for (int i = 0; i < encoded[tile].length; i++) {
                    assertThat(Math.abs(encoded[tile][i] - expected[i / 13][i % 13]))
                            .as("scalar %s, tile %d, element %d", isScalar, tile, i)
                            .isLessThan(3e-5);
                }
            }
        }
    }

    /** Shapes as checkpoints might have them, drawn at random, in every type of weights. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void drawnShapesAgreeWithPlainArithmetic(long seed) {
        Random random = new Random(seed);
        int shuffleFactor = 1 + random.nextInt(3);
        int patchSize = 1 + random.nextInt(16);
        int headCount = 1 + random.nextInt(5);
        VisionConfig config = new VisionConfig(
                patchSize * shuffleFactor * (1 + random.nextInt(3)),
                patchSize,
                headCount * 4 * (1 + random.nextInt(6)),
                headCount,
                1 + random.nextInt(150),
                1 + random.nextInt(3),
                shuffleFactor,
                1 + random.nextInt(70),
                1e-5f,
                10_000);
        int textSize = 1 + random.nextInt(60);
        TensorType type =
                List.of(TensorType.F32, TensorType.F16, TensorType.BF16).get(random.nextInt(3));
        VisionTower tower = RandomTower.of(config, textSize, type, seed);
        List<Tile> tiles = tiles(config, 2);

        float[][] encoded = encode(tower, false, tiles, 2);

        for (int tile = 0; tile < 2; tile++) {
            double[][] expected = new NaiveVision(tower).encode(pixels(tiles.get(tile)));
            assertThat(encoded[tile]).hasSize(config.tokensPerTile() * textSize);
            for (int i = 0; i < encoded[tile].length; i++) {
                assertThat(Math.abs(encoded[tile][i] - expected[i / textSize][i % textSize]))
                        .as("seed %d, %s, %s, tile %d, element %d", seed, type, config, tile, i)
                        .isLessThan(5e-5);
            }
        }
    }

    @Test
    void halfPrecisionWeightsAreReadWhereTheyLie() {
        VisionConfig config = new VisionConfig(28, 7, 40, 5, 96, 2, 2, 33, 1e-5f, 10_000);
        for (TensorType type : List.of(TensorType.F16, TensorType.BF16)) {
            VisionTower tower = RandomTower.of(config, 13, type, 5);
            List<Tile> tiles = tiles(config, 1);

            double[][] expected = new NaiveVision(tower).encode(pixels(tiles.getFirst()));

            float[] encoded = encode(tower, false, tiles, 1)[0];
            for (int i = 0; i < encoded.length; i++) {
                assertThat(Math.abs(encoded[i] - expected[i / 13][i % 13]))
                        .as("%s, element %d", type, i)
                        .isLessThan(3e-5);
            }
        }
    }

    @Test
    void aTileDoesNotDependOnItsCompany() {
        VisionConfig config = new VisionConfig(28, 7, 40, 5, 96, 2, 2, 33, 1e-5f, 10_000);
        VisionTower tower = RandomTower.of(config, 13, TensorType.F32, 9);
        List<Tile> tiles = tiles(config, 5);

        assertThat(encode(tower, true, tiles, 5)).isDeepEqualTo(encode(tower, true, tiles, 1));
    }

    @Test
    void tilesOfAnotherSizeAndTooManyAreRefused() {
        VisionConfig config = new VisionConfig(4, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000);
        VisionTower tower = RandomTower.of(config, 13, TensorType.F32, 9);
        List<Tile> large = tiles(new VisionConfig(6, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000), 1);

        assertThatThrownBy(() -> encode(tower, true, large, 1))
                .hasMessage("a tile has 6 pixels per side, but the model's have 4");
        try (Workers workers = new Workers(1);
                VisionEncoder encoder = new VisionEncoder(
                        tower, KernelsSelector.select(Optional.of("scalar")).kernels(), workers, 2)) {
            assertThatThrownBy(() -> encoder.encode(tiles(config, 3))).hasMessage("a batch of 3 tiles, not 1 to 2");
            assertThatThrownBy(() -> encoder.encode(List.of())).hasMessage("a batch of 0 tiles, not 1 to 2");
        }
    }
}
