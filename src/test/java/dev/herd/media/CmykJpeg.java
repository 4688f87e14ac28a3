package dev.herd.media;

import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** JPEG files of four inks, marked as Adobe marks them. */
final class CmykJpeg {
    private CmykJpeg() {}

    static byte[] solid(int width, int height, int... stored) throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(0, width, height, 4, null);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                raster.setPixel(x, y, stored);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = null;
        for (var writers = ImageIO.getImageWritersByFormatName("jpeg"); writers.hasNext(); ) {
            ImageWriter next = writers.next();
            writer = next.getClass().getName().startsWith("com.sun.") ? next : writer;
        }
        if (writer == null) {
            throw new IllegalStateException("this Java writes no JPEG");
        }
        try (ImageOutputStream file = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(file);
            writer.write(null, new IIOImage(raster, null, null), null);
        }
        byte[] jpeg = out.toByteArray();
        byte[] adobe = {(byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
        return Pictures.join(Arrays.copyOf(jpeg, 2), adobe, Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }
}
