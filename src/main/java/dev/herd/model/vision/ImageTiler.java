package dev.herd.model.vision;

/** Cuts pictures into tiles (llama4.md 4.1): scaling, padding, normalisation, and the tile of the whole picture last. */
public final class ImageTiler {
    private ImageTiler() {}

    /** The tiles of {@code image}; takes some nanoseconds per pixel on the calling thread. */
    public static PixelTiles tiles(RgbImage image, TileLayout layout) {
        int size = layout.tileSize();
        int tileValues = RgbImage.CHANNELS * size * size;
        float[] values = new float[Math.multiplyExact(layout.tileCount(), tileValues)];
        RgbImage canvas = Resampler.resize(image, layout.resizedWidth(), layout.resizedHeight());
        int tile = 0;
        for (int row = 0; row < layout.rows(); row++) {
            for (int column = 0; column < layout.columns(); column++) {
                cut(canvas, column * size, row * size, size, values, tile++ * tileValues);
            }
        }
        if (layout.hasGlobalTile()) {
            cut(Resampler.resize(image, size, size), 0, 0, size, values, tile * tileValues);
        }
        return new PixelTiles(layout.tileCount(), size, values);
    }

    /** Normalises the square at (left, top); what lies outside the picture is black. */
    private static void cut(RgbImage picture, int left, int top, int size, float[] values, int first) {
        byte[] rgb = picture.rgb();
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                boolean inside = left + x < picture.width() && top + y < picture.height();
                int pixel = inside ? ((top + y) * picture.width() + left + x) * RgbImage.CHANNELS : 0;
                for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
                    int level = inside ? rgb[pixel + channel] & 0xFF : 0;
                    values[first + (channel * size + y) * size + x] = normalised(level);
                }
            }
        }
    }

    /** Mean and standard deviation of 0.5, in single precision as the reference computes it. */
    private static float normalised(int level) {
        return (level / 255f - 0.5f) / 0.5f;
    }
}
