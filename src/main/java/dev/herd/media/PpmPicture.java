package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Pictures without compression, as a program on this machine hands them over: {@code P6 width height 255}, then RGB. */
final class PpmPicture {
    private static final int CHANNELS = 3;

    private PpmPicture() {}

    /** The next picture of a stream of them. */
    static RgbImage read(InputStream in, ImageLimits limits) throws IOException {
        if (in.read() != 'P' || in.read() != '6' || !isSpace(in.read())) {
            throw new EOFException("no picture");
        }
        int width = number(in);
        int height = number(in);
        if (number(in) != 255) {
            throw new IOException("not eight bits per colour");
        }
        limits.requirePixels(width, height);
        byte[] rgb = in.readNBytes(Math.multiplyExact(width * CHANNELS, height));
        if (width < 1 || rgb.length != (long) width * height * CHANNELS) {
            throw new EOFException("half a picture");
        }
        return new RgbImage(width, height, rgb);
    }

    /** A number and the one white space behind it. */
    private static int number(InputStream in) throws IOException {
        int value = 0;
        int next = in.read();
        while (next >= '0' && next <= '9') {
            value = Math.addExact(Math.multiplyExact(value, 10), next - '0');
            next = in.read();
        }
        if (!isSpace(next)) {
            throw new IOException("no number");
        }
        return value;
    }

    private static boolean isSpace(int character) {
        return character == ' ' || character == '\n';
    }
}
