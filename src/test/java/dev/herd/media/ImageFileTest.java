package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.model.vision.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageFileTest {
    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void losslessFileShowsItsColoursExactly(String format) throws Exception {
        RgbImage image = Pictures.decode(Pictures.encoded(Pictures.gradient(BufferedImage.TYPE_3BYTE_BGR), format));

        assertIsGradient(image, 0);
    }

    @ParameterizedTest
    @CsvSource({"lossless.webp, 0", "lossy.webp, 24"})
    void webpShowsItsColours(String name, int tolerance) throws Exception {
        assertIsGradient(Pictures.decode(Pictures.resource(name)), tolerance);
    }

    @Test
    void transparentWebpLiesOnWhite() throws Exception {
        RgbImage image = Pictures.decode(Pictures.resource("alpha.webp"));

        assertThat(Pictures.pixel(image, 0, 10)).isEqualTo(0xFFFFFF);
        int blue = (63 + 10) * 2;
        assertThat(Pictures.pixel(image, 63, 10) & 0xFF).isCloseTo((blue * 252 + 255 * 3) / 255, within(1));
    }

    @Test
    void jpegShowsItsColoursNearly() throws Exception {
        assertIsGradient(Pictures.decode(Pictures.jpeg()), 24);
    }

    @Test
    void grayJpegKeepsItsLevels() throws Exception {
        BufferedImage gray = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 16; x++) {
                gray.getRaster().setSample(x, y, 0, 128);
            }
        }

        for (String format : new String[] {"jpeg", "png", "bmp", "tiff"}) {
            RgbImage image = Pictures.decode(Pictures.encoded(gray, format));

            assertThat(Pictures.pixel(image, 8, 8)).as(format).isEqualTo(0x808080);
        }
    }

    @Test
    void cmykJpegIsShownInItsColours() throws Exception {
        // Adobe writes CMYK inverted: 255 is no ink.
        byte[] jpeg = CmykJpeg.solid(16, 16, 255 - 51, 255, 255 - 255, 255);

        RgbImage image = Pictures.decode(jpeg);

        int pixel = Pictures.pixel(image, 8, 8);
        assertThat(pixel >> 16).isCloseTo(204, within(6));
        assertThat(pixel >> 8 & 0xFF).isCloseTo(255, within(6));
        assertThat(pixel & 0xFF).isCloseTo(0, within(6));
    }

    @ParameterizedTest
    @CsvSource({"1, 64, 48", "2, 64, 48", "3, 64, 48", "4, 64, 48", "5, 48, 64", "6, 48, 64", "7, 48, 64", "8, 48, 64"})
    void exifOrientationTurnsTheJpeg(int orientation, int width, int height) throws Exception {
        byte[] jpeg = withExif(Pictures.jpeg(), orientation);

        ImageFile file = ImageFile.of(MediaBytes.untyped(jpeg), Pictures.LIMITS);
        RgbImage image = file.decode();

        assertThat(file.header().width()).isEqualTo(width);
        assertThat(file.header().height()).isEqualTo(height);
        assertThat(image.width()).isEqualTo(width);
        // The stored top left corner is black, the top right red, the bottom left green.
        int[] corners = {
            Pictures.pixel(image, 1, 1),
            Pictures.pixel(image, width - 2, 1),
            Pictures.pixel(image, 1, height - 2),
            Pictures.pixel(image, width - 2, height - 2)
        };
        int[][] blackRedGreen = {{0, 1, 2}, {1, 0, 3}, {3, 2, 1}, {2, 3, 0}, {0, 2, 1}, {1, 3, 0}, {3, 1, 2}, {2, 0, 3}
        };
        int[] expected = blackRedGreen[orientation - 1];
        assertThat(corners[expected[0]] >> 16).isLessThan(60);
        assertThat(corners[expected[0]] >> 8 & 0xFF).isLessThan(60);
        assertThat(corners[expected[1]] >> 16).isGreaterThan(190);
        assertThat(corners[expected[1]] >> 8 & 0xFF).isLessThan(60);
        assertThat(corners[expected[2]] >> 8 & 0xFF).isGreaterThan(190);
        assertThat(corners[expected[2]] >> 16).isLessThan(60);
    }

    @Test
    void sixteenBitPngKeepsTheUpperEight() throws Exception {
        byte[] row = {0, 0x12, (byte) 0xFF, (byte) 0x80, 0x00, (byte) 0xFE, (byte) 0x81};

        RgbImage image = Pictures.decode(Pictures.rawPng(1, 1, 16, 2, row));

        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(0x1280FE);
    }

    @Test
    void sixteenBitGrayWithAlphaLiesOnWhite() throws Exception {
        byte[] row = {0, 0x40, 0x00, (byte) 0x80, 0x00};

        RgbImage image = Pictures.decode(Pictures.rawPng(1, 1, 16, 4, row));

        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(0x9F9F9F);
    }

    @Test
    void paletteWithTransparencyLiesOnWhite() throws Exception {
        byte[] palette = Pictures.section("PLTE", new byte[] {10, 20, 30, 40, 50, 60});
        byte[] transparency = Pictures.section("tRNS", new byte[] {(byte) 255, 0});

        RgbImage image = Pictures.decode(Pictures.rawPng(2, 1, 8, 3, new byte[] {0, 0, 1}, palette, transparency));

        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(0x0A141E);
        assertThat(Pictures.pixel(image, 1, 0)).isEqualTo(0xFFFFFF);
    }

    @Test
    void colourThatIsDeclaredTransparentLiesOnWhite() throws Exception {
        byte[] colour = Pictures.section("tRNS", new byte[] {0, 1, 0, 2, 0, 3});
        byte[] level = Pictures.section("tRNS", new byte[] {0, 7});

        RgbImage coloured = Pictures.decode(Pictures.rawPng(2, 1, 8, 2, new byte[] {0, 1, 2, 3, 1, 2, 4}, colour));
        RgbImage gray = Pictures.decode(Pictures.rawPng(2, 1, 8, 0, new byte[] {0, 7, 8}, level));

        assertThat(Pictures.pixel(coloured, 0, 0)).isEqualTo(0xFFFFFF);
        assertThat(Pictures.pixel(coloured, 1, 0)).isEqualTo(0x010204);
        assertThat(Pictures.pixel(gray, 0, 0)).isEqualTo(0xFFFFFF);
        assertThat(Pictures.pixel(gray, 1, 0)).isEqualTo(0x080808);
    }

    @ParameterizedTest
    @CsvSource({"1, 0x80, 0xFFFFFF", "2, 0x40, 0x555555", "4, 0x30, 0x333333"})
    void narrowGrayLevelsAreSpread(int depth, String bits, String colour) throws Exception {
        byte[] row = {0, Integer.decode(bits).byteValue()};

        RgbImage image = Pictures.decode(Pictures.rawPng(1, 1, depth, 0, row));

        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(Integer.decode(colour));
    }

    @Test
    void alphaIsMixedAsPillowMixes() throws Exception {
        for (int alpha : new int[] {0, 1, 127, 128, 254, 255}) {
            RgbImage image =
                    Pictures.decode(Pictures.rawPng(1, 1, 8, 6, new byte[] {0, 100, 0, (byte) 255, (byte) alpha}));

            int mixed = 100 * alpha + 255 * (255 - alpha) + 128;
            assertThat(Pictures.pixel(image, 0, 0) >> 16).isEqualTo(((mixed >> 8) + mixed) >> 8);
            assertThat(Pictures.pixel(image, 0, 0) & 0xFF).isEqualTo(255);
        }
    }

    @Test
    void firstFrameOfAnAnimationIsShownOnItsScreen() throws Exception {
        RgbImage image = Pictures.decode(animation());

        assertThat(image.width()).isEqualTo(8);
        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(0xFFFFFF);
        assertThat(Pictures.pixel(image, 3, 4)).isEqualTo(0xFF0000);
        assertThat(Pictures.pixel(image, 7, 7)).isEqualTo(0xFFFFFF);
    }

    @Test
    void animatedPngShowsItsMainPicture() throws Exception {
        byte[] control =
                Pictures.section("acTL", ByteBuffer.allocate(8).putInt(1).array());

        RgbImage image = Pictures.decode(Pictures.rawPng(1, 1, 8, 2, new byte[] {0, 1, 2, 3}, control));

        assertThat(Pictures.pixel(image, 0, 0)).isEqualTo(0x010203);
    }

    private static void assertIsGradient(RgbImage image, int tolerance) {
        assertThat(image.width()).isEqualTo(Pictures.WIDTH);
        assertThat(image.height()).isEqualTo(Pictures.HEIGHT);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                int actual = Pictures.pixel(image, x, y);
                int expected = Pictures.colour(x, y);
                for (int shift = 0; shift < 24; shift += 8) {
                    assertThat(actual >> shift & 0xFF)
                            .as("pixel %d,%d", x, y)
                            .isCloseTo(expected >> shift & 0xFF, within(tolerance));
                }
            }
        }
    }

    /** The file with an EXIF section right behind its start. */
    private static byte[] withExif(byte[] jpeg, int orientation) {
        ByteBuffer tiff = ByteBuffer.allocate(26).order(ByteOrder.LITTLE_ENDIAN);
        tiff.put(Pictures.latin("II*\0")).putInt(8).putShort((short) 1);
        tiff.putShort((short) 274)
                .putShort((short) 3)
                .putInt(1)
                .putInt(orientation)
                .putInt(0);
        byte[] body = Pictures.join(Pictures.latin("Exif\0\0"), tiff.array());
        int size = body.length + 2;
        byte[] head = {(byte) 0xFF, (byte) 0xE1, (byte) (size >> 8), (byte) size};
        return Pictures.join(Arrays.copyOf(jpeg, 2), head, body, Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }

    /** A red frame of 4 by 4 at (2, 3) on a screen of 8 by 8, then another frame. */
    private static byte[] animation() throws Exception {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BufferedImage red = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        red.setRGB(0, 0, 4, 4, new int[] {0xFF0000, 0xFF0000, 0xFF0000, 0xFF0000}, 0, 0);
        IIOMetadata metadata = writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(red), null);
        IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree("javax_imageio_gif_image_1.0");
        IIOMetadataNode place =
                (IIOMetadataNode) root.getElementsByTagName("ImageDescriptor").item(0);
        place.setAttribute("imageLeftPosition", "2");
        place.setAttribute("imageTopPosition", "3");
        metadata.setFromTree("javax_imageio_gif_image_1.0", root);
        IIOMetadata screen = writer.getDefaultStreamMetadata(null);
        IIOMetadataNode stream = (IIOMetadataNode) screen.getAsTree("javax_imageio_gif_stream_1.0");
        IIOMetadataNode size = new IIOMetadataNode("LogicalScreenDescriptor");
        size.setAttribute("logicalScreenWidth", "8");
        size.setAttribute("logicalScreenHeight", "8");
        size.setAttribute("colorResolution", "8");
        size.setAttribute("pixelAspectRatio", "0");
        stream.appendChild(size);
        screen.setFromTree("javax_imageio_gif_stream_1.0", stream);
        try (ImageOutputStream file = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(file);
            writer.prepareWriteSequence(screen);
            writer.writeToSequence(new IIOImage(red, null, metadata), null);
            writer.writeToSequence(
                    new IIOImage(Pictures.gradient(BufferedImage.TYPE_INT_RGB).getSubimage(0, 0, 4, 4), null, null),
                    null);
            writer.endWriteSequence();
        }
        assertThat(ImageIO.read(new ByteArrayInputStream(out.toByteArray())).getWidth())
                .isEqualTo(4);
        return out.toByteArray();
    }
}
