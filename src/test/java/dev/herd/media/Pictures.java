package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

/** Pictures for tests; the committed files show {@link #gradient} too. */
final class Pictures {
    static final int WIDTH = 64;
    static final int HEIGHT = 48;
    static final ImageLimits LIMITS = new ImageLimits(1 << 20, 1 << 20, 4096);

    private Pictures() {}

    /** Colour of the gradient at (x, y), as 0xRRGGBB. */
    static int colour(int x, int y) {
        return ((x * 4) << 16) | ((y * 5) << 8) | ((x + y) * 2);
    }

    static BufferedImage gradient(int type) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, 0xFF000000 | colour(x, y));
            }
        }
        return image;
    }

    static byte[] encoded(BufferedImage image, String format) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (!ImageIO.write(image, format, out)) {
                throw new IllegalArgumentException("no writer for " + format);
            }
            return out.toByteArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static byte[] png() {
        return encoded(gradient(BufferedImage.TYPE_INT_RGB), "png");
    }

    static byte[] jpeg() {
        return encoded(gradient(BufferedImage.TYPE_INT_RGB), "jpeg");
    }

    static byte[] resource(String name) {
        try (InputStream in = Pictures.class.getResourceAsStream("/media/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static RgbImage decode(byte[] file) throws InterruptedException {
        return ImageFile.of(MediaBytes.untyped(file), LIMITS).decode();
    }

    static int pixel(RgbImage image, int x, int y) {
        int at = (y * image.width() + x) * 3;
        byte[] rgb = image.rgb();
        return ((rgb[at] & 0xFF) << 16) | ((rgb[at + 1] & 0xFF) << 8) | (rgb[at + 2] & 0xFF);
    }

    /** A PNG file with any header and any rows, each with its filter byte before it. */
    static byte[] rawPng(int width, int height, int depth, int colourType, byte[] rows, byte[]... before) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PngSections.SIGNATURE.getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(section(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) depth)
                        .put((byte) colourType)
                        .array()));
        for (byte[] each : before) {
            out.writeBytes(each);
        }
        out.writeBytes(section("IDAT", deflated(new ByteArrayInputStream(rows))));
        out.writeBytes(section("IEND", new byte[0]));
        return out.toByteArray();
    }

    static byte[] section(String name, byte[] data) {
        byte[] letters = name.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 checksum = new CRC32();
        checksum.update(letters);
        checksum.update(data);
        return ByteBuffer.allocate(data.length + 12)
                .putInt(data.length)
                .put(letters)
                .put(data)
                .putInt((int) checksum.getValue())
                .array();
    }

    /** The 20000 by 20000 one-bit picture that fits some ten kilobytes. */
    static byte[] hugePng() {
        return rawPng(20_000, 20_000, 1, 0, new byte[0], section("IDAT", zeros(20_000L * 2501)));
    }

    private static byte[] zeros(long count) {
        return deflated(new InputStream() {
            private long left = count;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                if (left <= 0) {
                    return -1;
                }
                int some = (int) Math.min(left, length);
                java.util.Arrays.fill(buffer, offset, offset + some, (byte) 0);
                left -= some;
                return some;
            }
        });
    }

    private static byte[] deflated(InputStream in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new Deflater(9), 65_536)) {
            in.transferTo(deflater);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
