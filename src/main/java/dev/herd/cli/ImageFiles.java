package dev.herd.cli;

import dev.herd.model.vision.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Picture files that the user names; what others send is decoded elsewhere, with limits. */
final class ImageFiles {
    private static final int OPAQUE = 255;

    private ImageFiles() {}

    /** The picture in {@code file}, laid over white where it is transparent. */
    static RgbImage decode(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new CommandException(file + ": is no file");
        }
        BufferedImage image = ImageIO.read(file.toFile());
        if (image == null) {
            throw new CommandException(file + ": is no picture of a kind that Herd reads");
        }
        int width = image.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, image.getHeight()))];
        int[] row = new int[width];
        int to = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int colour : row) {
                int alpha = colour >>> 24;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    int level = colour >> shift & 0xFF;
                    rgb[to++] = (byte) ((level * alpha + OPAQUE * (OPAQUE - alpha) + OPAQUE / 2) / OPAQUE);
                }
            }
        }
        return new RgbImage(width, image.getHeight(), rgb);
    }
}
