package dev.herd.media;

import dev.herd.model.vision.RgbImage;

/** EXIF's eight ways to show the stored rows. */
final class Orientation {
    private static final int CHANNELS = 3;

    private Orientation() {}

    /** The picture as it is to be shown. */
    static RgbImage apply(RgbImage stored, int orientation) {
        if (orientation == 1) {
            return stored;
        }
        boolean isTurned = orientation >= 5;
        int width = isTurned ? stored.height() : stored.width();
        int height = isTurned ? stored.width() : stored.height();
        byte[] in = stored.rgb();
        byte[] out = new byte[in.length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = source(orientation, x, y, stored.width(), stored.height()) * CHANNELS;
                out[to++] = in[from];
                out[to++] = in[from + 1];
                out[to++] = in[from + 2];
            }
        }
        return new RgbImage(width, height, out);
    }

    /** Index of the stored pixel that is shown at (x, y). */
    private static int source(int orientation, int x, int y, int width, int height) {
        return switch (orientation) {
            case 2 -> y * width + (width - 1 - x);
            case 3 -> (height - 1 - y) * width + (width - 1 - x);
            case 4 -> (height - 1 - y) * width + x;
            case 5 -> x * width + y;
            case 6 -> (height - 1 - x) * width + y;
            case 7 -> (height - 1 - x) * width + (width - 1 - y);
            case 8 -> x * width + (width - 1 - y);
            default -> throw new IllegalArgumentException("there is no orientation " + orientation);
        };
    }
}
