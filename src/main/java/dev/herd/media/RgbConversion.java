package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.util.Arrays;

/**
 * What a decoded picture looks like in eight bits per colour on white, with the arithmetic of Pillow: gray levels and
 * colours are taken as they are stored, whatever profile they are meant for, and of 16 bits the upper eight.
 */
final class RgbConversion {
    private static final int CHANNELS = 3;

    private RgbConversion() {}

    /** {@code image} at (left, top) of a white picture of {@code width} by {@code height} pixels. */
    static RgbImage onWhite(BufferedImage image, int left, int top, int width, int height) {
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), CHANNELS)];
        if (image.getWidth() != width || image.getHeight() != height) {
            Arrays.fill(rgb, (byte) 0xFF);
        }
        Row row = row(image);
        for (int y = 0; y < image.getHeight(); y++) {
            row.write(y, rgb, ((top + y) * width + left) * CHANNELS);
        }
        return new RgbImage(width, height, rgb);
    }

    /** Writes row {@code y} of a picture. */
    @FunctionalInterface
    private interface Row {
        void write(int y, byte[] rgb, int to);
    }

    private static Row row(BufferedImage image) {
        ColorModel colours = image.getColorModel();
        if (colours instanceof IndexColorModel palette) {
            int[] argb = new int[palette.getMapSize()];
            palette.getRGBs(argb);
            int[] indexes = new int[image.getWidth()];
            return (y, rgb, to) -> {
                image.getRaster().getSamples(0, y, indexes.length, 1, 0, indexes);
                for (int x = 0; x < indexes.length; x++) {
                    write(argb[Math.min(indexes[x], argb.length - 1)], rgb, to + x * CHANNELS);
                }
            };
        }
        if (colours instanceof ComponentColorModel components && hasPlainSamples(components)) {
            return samples(image, components);
        }
        int[] argb = new int[image.getWidth()];
        return (y, rgb, to) -> {
            image.getRGB(0, y, argb.length, 1, argb, 0, argb.length);
            for (int x = 0; x < argb.length; x++) {
                write(argb[x], rgb, to + x * CHANNELS);
            }
        };
    }

    private static boolean hasPlainSamples(ComponentColorModel colours) {
        int type = colours.getColorSpace().getType();
        boolean isByteOrShort = colours.getTransferType() == DataBuffer.TYPE_BYTE
                || colours.getTransferType() == DataBuffer.TYPE_USHORT;
        return isByteOrShort && (type == ColorSpace.TYPE_RGB || type == ColorSpace.TYPE_GRAY);
    }

    /** Gray or colour, with or without alpha, 8 or 16 bits each. */
    private static Row samples(BufferedImage image, ComponentColorModel colours) {
        int bands = image.getRaster().getNumBands();
        int shift = colours.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int colourBands = colours.getNumColorComponents();
        boolean isPremultiplied = colours.isAlphaPremultiplied();
        int[] values = new int[image.getWidth() * bands];
        return (y, rgb, to) -> {
            image.getRaster().getPixels(0, y, image.getWidth(), 1, values);
            for (int x = 0; x < image.getWidth(); x++) {
                int from = x * bands;
                int alpha = colours.hasAlpha() ? values[from + bands - 1] >> shift : 255;
                for (int channel = 0; channel < CHANNELS; channel++) {
                    int level = values[from + (colourBands == 1 ? 0 : channel)] >> shift;
                    rgb[to + x * CHANNELS + channel] =
                            (byte) (isPremultiplied ? Math.min(255, level + 255 - alpha) : onWhite(level, alpha));
                }
            }
        };
    }

    private static void write(int argb, byte[] rgb, int to) {
        int alpha = argb >>> 24;
        rgb[to] = (byte) onWhite(argb >> 16 & 0xFF, alpha);
        rgb[to + 1] = (byte) onWhite(argb >> 8 & 0xFF, alpha);
        rgb[to + 2] = (byte) onWhite(argb & 0xFF, alpha);
    }

    /** Pillow's division by 255 of the mixed levels. */
    private static int onWhite(int level, int alpha) {
        int mixed = level * alpha + 255 * (255 - alpha) + 128;
        return ((mixed >> 8) + mixed) >> 8;
    }
}
