package dev.herd.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileLayoutTest {
    private static final int TILE = 336;
    private static final int TOKENS = 144;

    /** The table of llama4.md 4.1. */
    @ParameterizedTest
    @CsvSource({
        "336, 336, 1, 1, 336, 336, 147",
        "224, 224, 1, 1, 336, 336, 147",
        "100, 50, 1, 1, 336, 168, 147",
        "512, 512, 2, 2, 512, 512, 727",
        "480, 640, 2, 2, 480, 640, 727",
        "300, 800, 1, 3, 300, 800, 582",
        "720, 1280, 3, 4, 720, 1280, 1887",
        "1080, 1920, 3, 5, 945, 1680, 2322",
        "1024, 1024, 4, 4, 1024, 1024, 2467",
        "3000, 200, 9, 1, 3000, 200, 1452",
        "4000, 3000, 4, 3, 1344, 1008, 1887",
    })
    void theWorkedExamplesAreReproduced(
            int height, int width, int rows, int columns, int resizedHeight, int resizedWidth, int promptTokens) {
        TileLayout layout = TileLayout.of(width, height, TILE, TileLayout.MAX_TILES);

        assertThat(layout).isEqualTo(new TileLayout(TILE, rows, columns, resizedWidth, resizedHeight));
        assertThat(layout.promptTokens(TOKENS)).isEqualTo(promptTokens);
    }

    @Test
    void severalTilesAreFollowedByOneOfTheWholePicture() {
        assertThat(TileLayout.of(TILE, TILE, TILE, 16).tileCount()).isEqualTo(1);
        assertThat(TileLayout.of(TILE, TILE, TILE, 16).imageTokens(TOKENS)).isEqualTo(144);
        assertThat(TileLayout.of(1024, 1024, TILE, 16).tileCount()).isEqualTo(17);
        assertThat(TileLayout.of(1024, 1024, TILE, 16).imageTokens(TOKENS)).isEqualTo(17 * 144);
    }

    @Test
    void aLimitOnTilesIsKept() {
        for (int limit = 1; limit <= 16; limit++) {
            TileLayout layout = TileLayout.of(5000, 4000, TILE, limit);

            assertThat(layout.rows() * layout.columns()).isBetween(1, limit);
            assertThat(layout.resizedWidth()).isBetween(1, layout.columns() * TILE);
            assertThat(layout.resizedHeight()).isBetween(1, layout.rows() * TILE);
        }
    }

    @Test
    void theGlobalTileAloneIsOneSquare() {
        assertThat(TileLayout.globalOnly(TILE)).isEqualTo(new TileLayout(TILE, 1, 1, TILE, TILE));
        assertThat(TileLayout.globalOnly(TILE).promptTokens(TOKENS)).isEqualTo(147);
    }

    @ParameterizedTest
    @CsvSource({"1, 100000", "100000, 1", "20000, 20000", "2147483647, 1", "2147483647, 2147483647"})
    void extremePicturesHaveALayout(int width, int height) {
        TileLayout layout = TileLayout.of(width, height, TILE, 16);

        assertThat(layout.tileCount()).isBetween(1, 17);
        assertThat(layout.resizedWidth()).isPositive();
        assertThat(layout.resizedHeight()).isPositive();
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        assertThatThrownBy(() -> TileLayout.of(0, 1, TILE, 16)).hasMessage("the width must be positive, not 0");
        assertThatThrownBy(() -> TileLayout.of(1, 1, TILE, 0)).hasMessage("the limit on tiles must be positive, not 0");
        assertThatThrownBy(() -> new TileLayout(TILE, 1, 1, 337, 1))
                .hasMessage("a picture 337 pixels wide does not fit 1 tiles of 336 pixels");
    }
}
