package dev.herd.kernels;

import java.util.Arrays;

/** 4-bit formats whose levels are not evenly spaced: IQ4_NL, IQ4_XS and MXFP4. */
final class TableFormats {
    private static final int GROUP = 32;
    private static final int HALF = 16;
    private static final int IQ4_NL_BYTES = 18;
    private static final int IQ4_XS_GROUP = 256;
    private static final int IQ4_XS_BYTES = 136;
    private static final int MXFP4_BYTES = 17;

    private static final int[] IQ4 = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    /** Twice the values of a float with 2 exponent bits and 1 mantissa bit; the second eight are their negatives. */
    private static final int[] FP4_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private TableFormats() {}

    static void decodeIq4Nl(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += IQ4_NL_BYTES) {
            decodeLevels(source, at + 2, target, from, Bytes.getHalf(source, at), IQ4);
        }
    }

    static void encodeIq4Nl(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += IQ4_NL_BYTES) {
            float scale = Bytes.putHalf(target, at, iq4Scale(source, from));
            encodeLevels(source, from, target, at + 2, scale, IQ4);
        }
    }

    /** Layout: scale, 16 upper bit pairs and 8 lower nibbles of the scales of 8 runs, 128 bytes of two elements. */
    static void decodeIq4Xs(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += IQ4_XS_GROUP, at += IQ4_XS_BYTES) {
            float scale = Bytes.getHalf(source, at);
            int highBits = Bytes.getShort(source, at + 2);
            for (int run = 0; run < 8; run++) {
                int low = source[at + 4 + (run >> 1)] >> (4 * (run & 1)) & 15;
                int high = highBits >> (2 * run) & 3;
                float runScale = scale * ((low | (high << 4)) - 32);
                decodeLevels(source, at + 8 + 16 * run, target, from + 32 * run, runScale, IQ4);
            }
        }
    }

    static void encodeIq4Xs(float[] source, int from, byte[] target, int at, int length) {
        float[] scales = new float[8];
        for (int end = from + length; from < end; from += IQ4_XS_GROUP, at += IQ4_XS_BYTES) {
            Arrays.fill(target, at, at + IQ4_XS_BYTES, (byte) 0);
            for (int run = 0; run < 8; run++) {
                scales[run] = iq4Scale(source, from + 32 * run);
            }
            float scale = Bytes.putHalf(target, at, ScaleFit.extremum(scales, 0, 8) / -32);
            int highBits = 0;
            for (int run = 0; run < 8; run++) {
                int runScale = ScaleFit.nearest(ScaleFit.ratio(scales[run], scale), -32, 31);
                int code = runScale + 32;
                target[at + 4 + (run >> 1)] |= (byte) ((code & 15) << (4 * (run & 1)));
                highBits |= (code >> 4) << (2 * run);
                encodeLevels(source, from + 32 * run, target, at + 8 + 16 * run, scale * runScale, IQ4);
            }
            Bytes.putShort(target, at + 2, highBits);
        }
    }

    private static float iq4Scale(float[] source, int from) {
        return ScaleFit.symmetric(source, from, GROUP, IQ4[0], value -> IQ4[nearestIndex(value, IQ4)]);
    }

    static void decodeMxfp4(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += MXFP4_BYTES) {
            decodeLevels(source, at + 1, target, from, mxfp4HalfScale(source[at] & 0xFF), FP4_DOUBLED);
        }
    }

    private static float mxfp4HalfScale(int exponent) {
        return Math.scalb(1f, exponent - 128);
    }

    /** Of the exponents at which the largest element is 4 to 16 levels, takes the one with the least squared error. */
    static void encodeMxfp4(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += MXFP4_BYTES) {
            float extremum = ScaleFit.extremum(source, from, GROUP);
            int highest = Math.clamp(Math.getExponent(extremum) - 2 + 128, 0, 254);
            double bestError = Double.POSITIVE_INFINITY;
            for (int exponent = highest; exponent >= Math.max(0, highest - 1); exponent--) {
                double error = squaredError(source, from, mxfp4HalfScale(exponent));
                if (error < bestError) {
                    bestError = error;
                    target[at] = (byte) exponent;
                }
            }
            encodeLevels(source, from, target, at + 1, mxfp4HalfScale(target[at] & 0xFF), FP4_DOUBLED);
        }
    }

    private static double squaredError(float[] source, int from, float scale) {
        double sum = 0;
        for (int i = from; i < from + GROUP; i++) {
            double error =
                    (double) source[i] - (double) scale * FP4_DOUBLED[nearestIndex(source[i] / scale, FP4_DOUBLED)];
            sum += error * error;
        }
        return sum;
    }

    private static void decodeLevels(byte[] source, int at, float[] target, int from, float scale, int[] table) {
        for (int i = 0; i < HALF; i++) {
            int pair = source[at + i];
            target[from + i] = scale * table[pair & 15];
            target[from + HALF + i] = scale * table[pair >> 4 & 15];
        }
    }

    private static void encodeLevels(float[] source, int from, byte[] target, int at, float scale, int[] table) {
        for (int i = 0; i < HALF; i++) {
            int low = nearestIndex(ScaleFit.ratio(source[from + i], scale), table);
            int high = nearestIndex(ScaleFit.ratio(source[from + HALF + i], scale), table);
            target[at + i] = (byte) (low | (high << 4));
        }
    }

    private static int nearestIndex(float value, int[] table) {
        int best = 0;
        for (int i = 1; i < table.length; i++) {
            if (Math.abs(table[i] - value) < Math.abs(table[best] - value)) {
                best = i;
            }
        }
        return best;
    }
}
