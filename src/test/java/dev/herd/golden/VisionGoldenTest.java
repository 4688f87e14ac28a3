package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.TileLayout;
import dev.herd.model.vision.VisionEncoder;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import dev.herd.weights.GgufVisionExport;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures from file to logit, against Hugging Face's own Llama 4 in float32. */
final class VisionGoldenTest {
    private static final String FIXTURE = "vision";
    private static final double FEATURE_TOLERANCE = 2e-4;
    private static final double LOGIT_TOLERANCE = 1e-3;

    /** The placeholder's id in the fixture. */
    private static final int PATCH_TOKEN = 718;

    @Test
    void pixelsFromFilesEqualTheReference() {
        List<Golden> cases = casesWithPictures();
        assertThat(cases).hasSize(5);
        for (Golden golden : cases) {
            GoldenImages images = GoldenImages.of(FIXTURE, golden.name());

            assertThat(pixels(images, 56)).as(golden.name()).containsExactly(images.pixels());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void featuresFromPixelsEqualTheReference(boolean isScalar) {
        Kernels kernels = KernelsSelector.select(isScalar ? Optional.of("scalar") : Optional.empty())
                .kernels();
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(FIXTURE))) {
            for (Golden golden : casesWithPictures()) {
                GoldenImages images = GoldenImages.of(FIXTURE, golden.name());

                float[] features = encode(checkpoint.vision().orElseThrow(), kernels, images.pixels());

                assertThat(largestError(images.features(), features))
                        .as(golden.name())
                        .isLessThan(FEATURE_TOLERANCE);
            }
        }
    }

    @Test
    void logitsFromFilesEqualTheReference() {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(FIXTURE))) {
            List<Golden> cases = Golden.casesOf(FIXTURE);
            assertThat(cases).hasSize(11);
            for (Golden golden : cases) {
                assertThat(Scoring.largestError(golden.logits(), score(checkpoint, golden)))
                        .as(golden.name())
                        .isLessThan(LOGIT_TOLERANCE);
            }
        }
    }

    /** Slices that cut pictures and the attention chunk of 16 in every way. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 17})
    void slicesThroughPicturesChangeNoLogit(int slice) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder(FIXTURE))) {
            for (Golden golden : casesWithPictures()) {
                float[] features = GoldenImages.of(FIXTURE, golden.name()).features();
                float[][] sliced = Scoring.score(checkpoint, golden.tokens(), PATCH_TOKEN, features, slice);

                assertThat(Scoring.largestError(golden.logits(), sliced))
                        .as(golden.name())
                        .isLessThan(LOGIT_TOLERANCE);
                assertThat(sliced)
                        .as(golden.name())
                        .isDeepEqualTo(Scoring.score(checkpoint, golden.tokens(), PATCH_TOKEN, features));
            }
        }
    }

    @Test
    void logitsFromGgufEqualThoseFromSafetensors(@TempDir Path folder) {
        Path text = folder.resolve("vision.gguf");
        Path tower = folder.resolve("mmproj-vision.gguf");
        try (Checkpoint source = Checkpoints.open(Golden.folder(FIXTURE))) {
            GgufExport.write(source, TensorType.F32, text);
            GgufVisionExport.write(source, TensorType.F32, tower);
            try (Checkpoint exported = Checkpoints.open(text)) {
                assertThat(exported.vision().map(VisionTower::config))
                        .isEqualTo(source.vision().map(VisionTower::config))
                        .isPresent();
                assertThat(exported.files()).containsExactly(text, tower);
                for (Golden golden : casesWithPictures()) {
                    assertThat(Scoring.largestError(score(source, golden), score(exported, golden)))
                            .as(golden.name())
                            .isLessThan(2e-5);
                }
            }
        }
    }

    private static List<Golden> casesWithPictures() {
        return Golden.casesOf(FIXTURE).stream()
                .filter(golden -> Arrays.stream(golden.tokens()).anyMatch(id -> id == PATCH_TOKEN))
                .toList();
    }

    private static float[][] score(Checkpoint checkpoint, Golden golden) {
        GoldenImages images = GoldenImages.of(FIXTURE, golden.name());
        VisionTower tower = checkpoint.vision().orElseThrow();
        float[] features = images.pictures().isEmpty()
                ? new float[0]
                : encode(
                        tower,
                        KernelsSelector.select(Optional.of("scalar")).kernels(),
                        pixels(images, tower.config().tileSize()));
        return Scoring.score(checkpoint, golden.tokens(), PATCH_TOKEN, features);
    }

    private static float[] pixels(GoldenImages images, int tileSize) {
        float[] all = new float[0];
        for (Path picture : images.pictures()) {
            RgbImage image = GoldenImages.decode(picture);
            TileLayout layout = TileLayout.of(image.width(), image.height(), tileSize, TileLayout.MAX_TILES);
            float[] values = ImageTiler.tiles(image, layout).values();
            int before = all.length;
            all = Arrays.copyOf(all, before + values.length);
            System.arraycopy(values, 0, all, before, values.length);
        }
        return all;
    }

    private static float[] encode(VisionTower tower, Kernels kernels, float[] pixels) {
        VisionConfig config = tower.config();
        int count = pixels.length / (3 * config.tileSize() * config.tileSize());
        PixelTiles tiles = new PixelTiles(count, config.tileSize(), pixels);
        int textSize = tower.weights().projector().rows();
        float[] features = new float[count * config.tokensPerTile() * textSize];
        int tileValues = config.tokensPerTile() * textSize;
        try (Workers workers = new Workers(2);
                VisionEncoder encoder = new VisionEncoder(tower, kernels, workers, 3)) {
            for (int first = 0; first < count; first += 3) {
                List<Tile> batch = new ArrayList<>();
                for (int tile = first; tile < Math.min(first + 3, count); tile++) {
                    batch.add(new Tile(tiles, tile));
                }
                encoder.encode(batch).read(0, features, first * tileValues, batch.size() * tileValues);
            }
        }
        return features;
    }

    private static double largestError(float[] expected, float[] actual) {
        assertThat(actual).hasSameSizeAs(expected);
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs((double) expected[i] - actual[i]);
            largest = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(largest, error);
        }
        return largest;
    }
}
