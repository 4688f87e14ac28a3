package dev.herd.model.vision;

/**
 * The normalised pixels of a picture's tiles, in the order in which the model reads them.
 *
 * @param count number of tiles, at least 1
 * @param size pixels per side of a tile
 * @param values {@code [count, 3, size, size]}: red, then green, then blue plane of each tile, -1 to 1; not copied
 */
public record PixelTiles(int count, int size, float[] values) {
    public PixelTiles {
        if (count < 1 || size < 1) {
            throw new IllegalArgumentException("there cannot be " + count + " tiles of " + size + " pixels");
        }
        if (values.length != (long) count * RgbImage.CHANNELS * size * size) {
            throw new IllegalArgumentException(
                    count + " tiles of " + size + " by " + size + " pixels cannot have " + values.length + " values");
        }
    }

    /** Values of one tile. */
    public int tileValues() {
        return RgbImage.CHANNELS * size * size;
    }
}
