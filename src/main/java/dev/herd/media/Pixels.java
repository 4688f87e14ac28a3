package dev.herd.media;

import dev.herd.model.vision.RgbImage;

/**
 * A decoded picture.
 *
 * @param rgb red, green and blue of each pixel, a byte each, row by row; not copied
 */
public record Pixels(int width, int height, byte[] rgb) {
    static Pixels of(RgbImage image) {
        return new Pixels(image.width(), image.height(), image.rgb());
    }
}
