package dev.herd.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageTilerTest {
    private static final float BLACK = -1;

    private static RgbImage random(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new Random(width * 31L + height).nextBytes(rgb);
        return new RgbImage(width, height, rgb);
    }

    private static int level(RgbImage image, int x, int y, int channel) {
        return image.rgb()[3 * (y * image.width() + x) + channel] & 0xFF;
    }

    private static float value(PixelTiles tiles, int tile, int channel, int x, int y) {
        return tiles.values()[((tile * 3 + channel) * tiles.size() + y) * tiles.size() + x];
    }

    @Test
    void tilesAreCutRowByRowAndPaddedWithBlack() {
        RgbImage image = random(13, 9);
        PixelTiles tiles = ImageTiler.tiles(image, new TileLayout(8, 2, 2, 13, 9));

        assertThat(tiles.count()).isEqualTo(5);
        for (int tile = 0; tile < 4; tile++) {
            for (int i = 0; i < 3 * 64; i++) {
                int channel = i / 64;
                int x = tile % 2 * 8 + i % 8;
                int y = tile / 2 * 8 + i % 64 / 8;
                float expected = x < 13 && y < 9 ? (level(image, x, y, channel) / 255f - 0.5f) / 0.5f : BLACK;
                assertThat(value(tiles, tile, channel, i % 8, i % 64 / 8))
                        .as("tile %d, channel %d, %d, %d", tile, channel, x, y)
                        .isEqualTo(expected);
            }
        }
    }

    /** Against the definition in double, whose rounding may differ by a level where the fixed point's does. */
    @ParameterizedTest
    @CsvSource({"20, 30, 7, 11", "7, 5, 19, 23", "100, 3, 10, 9", "64, 64, 64, 13", "1, 1, 5, 4", "33, 50, 1, 1"})
    void scalingIsTheMeanUnderATriangle(int width, int height, int newWidth, int newHeight) {
        RgbImage image = random(width, height);

        RgbImage scaled = Resampler.resize(image, newWidth, newHeight);

        assertThat(scaled.width()).isEqualTo(newWidth);
        assertThat(scaled.height()).isEqualTo(newHeight);
        double[][] narrowed = new double[height][newWidth * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < newWidth; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    double[] line = new double[width];
                    for (int i = 0; i < width; i++) {
                        line[i] = level(image, i, y, channel);
                    }
                    narrowed[y][3 * x + channel] = mean(line, x, newWidth);
                }
            }
        }
        for (int y = 0; y < newHeight; y++) {
            for (int i = 0; i < newWidth * 3; i++) {
                double[] line = new double[height];
                for (int row = 0; row < height; row++) {
                    line[row] = Math.floor(narrowed[row][i] + 0.5);
                }
                double expected = mean(line, y, newHeight);
                assertThat(Math.abs(level(scaled, i / 3, y, i % 3) - expected))
                        .as("row %d, element %d", y, i)
                        .isLessThanOrEqualTo(1.01);
            }
        }
    }

    private static double mean(double[] line, int index, int outputs) {
        if (line.length == outputs) {
            return line[index];
        }
        double scale = (double) line.length / outputs;
        double reach = Math.max(1, scale);
        double sum = 0;
        double weights = 0;
        for (int i = 0; i < line.length; i++) {
            double weight = Math.max(0, 1 - Math.abs(i + 0.5 - (index + 0.5) * scale) / reach);
            sum += weight * line[i];
            weights += weight;
        }
        return sum / weights;
    }

    @Test
    void aPictureOfOneColourKeepsItInEverySize() {
        byte[] rgb = new byte[3 * 50 * 40];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i % 3 == 0 ? 255 : i % 3 == 1 ? 128 : 1);
        }

        RgbImage scaled = Resampler.resize(new RgbImage(50, 40, rgb), 17, 93);

        for (int i = 0; i < scaled.rgb().length; i++) {
            assertThat(scaled.rgb()[i] & 0xFF).isEqualTo(i % 3 == 0 ? 255 : i % 3 == 1 ? 128 : 1);
        }
    }

    @Test
    void aPictureWithoutItsBytesIsRefused() {
        assertThatThrownBy(() -> new RgbImage(3, 2, new byte[17]))
                .hasMessage("an image of 3 by 2 pixels cannot have 17 bytes");
        assertThatThrownBy(() -> new PixelTiles(2, 4, new float[95]))
                .hasMessage("2 tiles of 4 by 4 pixels cannot have 95 values");
    }
}
