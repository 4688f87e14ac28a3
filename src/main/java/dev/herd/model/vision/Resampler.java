package dev.herd.model.vision;

import java.util.Arrays;

/**
 * Antialiased bilinear scaling as Pillow does it, to the last bit: the model was trained on pictures scaled that way.
 *
 * <p>Columns first, then rows, each rounded to eight bits. An output pixel is the mean of the input pixels under a
 * triangle around its centre, which grows with the factor by which the picture shrinks; the weights are rounded to fixed
 * point, which decides the last bit. An axis that keeps its length is not touched.
 */
final class Resampler {
    /** Fraction bits of a weight: a sum of weights times eight bits must fit 32 with room for the rounding. */
    private static final int FRACTION_BITS = 22;

    private static final int HALF = 1 << (FRACTION_BITS - 1);

    private Resampler() {}

    /** {@code image} in another size; the image itself if it has that size. */
    static RgbImage resize(RgbImage image, int width, int height) {
        RgbImage narrowed = width == image.width() ? image : resizeColumns(image, width);
        return height == image.height() ? narrowed : resizeRows(narrowed, height);
    }

    private static RgbImage resizeColumns(RgbImage image, int width) {
        Taps taps = Taps.of(image.width(), width);
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, image.height()), RgbImage.CHANNELS)];
        int to = 0;
        for (int y = 0; y < image.height(); y++) {
            int row = y * image.width();
            for (int x = 0; x < width; x++) {
                int from = (row + taps.first[x]) * RgbImage.CHANNELS;
                int red = HALF;
                int green = HALF;
                int blue = HALF;
                for (int weight : taps.weights[x]) {
                    red += weight * (in[from] & 0xFF);
                    green += weight * (in[from + 1] & 0xFF);
                    blue += weight * (in[from + 2] & 0xFF);
                    from += RgbImage.CHANNELS;
                }
                out[to++] = level(red);
                out[to++] = level(green);
                out[to++] = level(blue);
            }
        }
        return new RgbImage(width, image.height(), out);
    }

    private static RgbImage resizeRows(RgbImage image, int height) {
        Taps taps = Taps.of(image.height(), height);
        int rowBytes = image.width() * RgbImage.CHANNELS;
        byte[] in = image.rgb();
        byte[] out = new byte[Math.multiplyExact(rowBytes, height)];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, HALF);
            int from = taps.first[y] * rowBytes;
            for (int weight : taps.weights[y]) {
                for (int i = 0; i < rowBytes; i++) {
                    sums[i] += weight * (in[from + i] & 0xFF);
                }
                from += rowBytes;
            }
            for (int i = 0; i < rowBytes; i++) {
                out[y * rowBytes + i] = level(sums[i]);
            }
        }
        return new RgbImage(image.width(), height, out);
    }

    private static byte level(int sum) {
        return (byte) Math.clamp(sum >> FRACTION_BITS, 0, 255);
    }

    /**
     * The input pixels that each output pixel is made of.
     *
     * @param first {@code [outputs]} index of the first of them
     * @param weights {@code [outputs][taps]} in fixed point
     */
    private record Taps(int[] first, int[][] weights) {
        static Taps of(int inputs, int outputs) {
            double scale = (double) inputs / outputs;
            double reach = Math.max(scale, 1);
            int[] first = new int[outputs];
            int[][] weights = new int[outputs][];
            for (int output = 0; output < outputs; output++) {
                double centre = (output + 0.5) * scale;
                first[output] = Math.max((int) (centre - reach + 0.5), 0);
                int end = Math.min((int) (centre + reach + 0.5), inputs);
                weights[output] = weights(first[output], end, centre, reach);
            }
            return new Taps(first, weights);
        }

        private static int[] weights(int first, int end, double centre, double reach) {
            double[] exact = new double[end - first];
            double sum = 0;
            for (int tap = 0; tap < exact.length; tap++) {
                double distance = Math.abs((tap + first - centre + 0.5) * (1 / reach));
                exact[tap] = distance < 1 ? 1 - distance : 0;
                sum += exact[tap];
            }
            int[] rounded = new int[exact.length];
            for (int tap = 0; tap < exact.length; tap++) {
                rounded[tap] = (int) (0.5 + exact[tap] / sum * (1 << FRACTION_BITS));
            }
            return rounded;
        }
    }
}
