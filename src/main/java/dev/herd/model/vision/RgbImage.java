package dev.herd.model.vision;

/**
 * A decoded picture without transparency, eight bits per colour.
 *
 * @param width pixels per row, at least 1
 * @param height rows, at least 1
 * @param rgb {@code [height, width, 3]}: red, green, blue of each pixel, row by row from the top left; not copied
 */
public record RgbImage(int width, int height, byte[] rgb) {
    /** Channels of a pixel. */
    static final int CHANNELS = 3;

    public RgbImage {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("an image cannot be " + width + " pixels wide and " + height + " high");
        }
        if ((long) width * height * CHANNELS != rgb.length) {
            throw new IllegalArgumentException(
                    "an image of " + width + " by " + height + " pixels cannot have " + rgb.length + " bytes");
        }
    }
}
