package dev.herd.kernels;

import dev.herd.kernels.ScaleFit.Affine;

/** Formats of 32 evenly spaced elements with one scale: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. */
final class SmallGroupFormats {
    private static final int GROUP = 32;
    private static final int HALF = 16;
    private static final int Q40_BYTES = 18;
    private static final int Q41_BYTES = 20;
    private static final int Q50_BYTES = 22;
    private static final int Q51_BYTES = 24;
    private static final int Q80_BYTES = 34;

    private SmallGroupFormats() {}

    static void decodeQ40(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q40_BYTES) {
            float scale = Bytes.getHalf(source, at);
            for (int i = 0; i < HALF; i++) {
                int pair = source[at + 2 + i];
                target[from + i] = scale * ((pair & 15) - 8);
                target[from + HALF + i] = scale * ((pair >> 4 & 15) - 8);
            }
        }
    }

    static void encodeQ40(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q40_BYTES) {
            float scale = Bytes.putHalf(target, at, ScaleFit.symmetric(source, from, GROUP, -8, 7));
            for (int i = 0; i < HALF; i++) {
                int low = ScaleFit.nearest(ScaleFit.ratio(source[from + i], scale), -8, 7) + 8;
                int high = ScaleFit.nearest(ScaleFit.ratio(source[from + HALF + i], scale), -8, 7) + 8;
                target[at + 2 + i] = (byte) (low | (high << 4));
            }
        }
    }

    static void decodeQ41(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q41_BYTES) {
            float scale = Bytes.getHalf(source, at);
            float min = Bytes.getHalf(source, at + 2);
            for (int i = 0; i < HALF; i++) {
                int pair = source[at + 4 + i];
                target[from + i] = scale * (pair & 15) + min;
                target[from + HALF + i] = scale * (pair >> 4 & 15) + min;
            }
        }
    }

    static void encodeQ41(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q41_BYTES) {
            Affine fit = ScaleFit.affine(source, from, GROUP, 15, false);
            float scale = Bytes.putHalf(target, at, fit.scale());
            float min = Bytes.putHalf(target, at + 2, fit.min());
            for (int i = 0; i < HALF; i++) {
                int low = ScaleFit.nearest(ScaleFit.ratio(source[from + i] - min, scale), 0, 15);
                int high = ScaleFit.nearest(ScaleFit.ratio(source[from + HALF + i] - min, scale), 0, 15);
                target[at + 4 + i] = (byte) (low | (high << 4));
            }
        }
    }

    static void decodeQ50(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q50_BYTES) {
            float scale = Bytes.getHalf(source, at);
            int fifthBits = Bytes.getInt(source, at + 2);
            for (int i = 0; i < HALF; i++) {
                int pair = source[at + 6 + i];
                int low = (pair & 15) | ((fifthBits >> i & 1) << 4);
                int high = (pair >> 4 & 15) | ((fifthBits >> (i + HALF) & 1) << 4);
                target[from + i] = scale * (low - 16);
                target[from + HALF + i] = scale * (high - 16);
            }
        }
    }

    static void encodeQ50(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q50_BYTES) {
            float scale = Bytes.putHalf(target, at, ScaleFit.symmetric(source, from, GROUP, -16, 15));
            int fifthBits = 0;
            for (int i = 0; i < HALF; i++) {
                int low = ScaleFit.nearest(ScaleFit.ratio(source[from + i], scale), -16, 15) + 16;
                int high = ScaleFit.nearest(ScaleFit.ratio(source[from + HALF + i], scale), -16, 15) + 16;
                target[at + 6 + i] = (byte) ((low & 15) | ((high & 15) << 4));
                fifthBits |= ((low >> 4) << i) | ((high >> 4) << (i + HALF));
            }
            Bytes.putInt(target, at + 2, fifthBits);
        }
    }

    static void decodeQ51(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q51_BYTES) {
            float scale = Bytes.getHalf(source, at);
            float min = Bytes.getHalf(source, at + 2);
            int fifthBits = Bytes.getInt(source, at + 4);
            for (int i = 0; i < HALF; i++) {
                int pair = source[at + 8 + i];
                int low = (pair & 15) | ((fifthBits >> i & 1) << 4);
                int high = (pair >> 4 & 15) | ((fifthBits >> (i + HALF) & 1) << 4);
                target[from + i] = scale * low + min;
                target[from + HALF + i] = scale * high + min;
            }
        }
    }

    static void encodeQ51(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q51_BYTES) {
            Affine fit = ScaleFit.affine(source, from, GROUP, 31, false);
            float scale = Bytes.putHalf(target, at, fit.scale());
            float min = Bytes.putHalf(target, at + 2, fit.min());
            int fifthBits = 0;
            for (int i = 0; i < HALF; i++) {
                int low = ScaleFit.nearest(ScaleFit.ratio(source[from + i] - min, scale), 0, 31);
                int high = ScaleFit.nearest(ScaleFit.ratio(source[from + HALF + i] - min, scale), 0, 31);
                target[at + 8 + i] = (byte) ((low & 15) | ((high & 15) << 4));
                fifthBits |= ((low >> 4) << i) | ((high >> 4) << (i + HALF));
            }
            Bytes.putInt(target, at + 4, fifthBits);
        }
    }

    static void decodeQ80(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q80_BYTES) {
            float scale = Bytes.getHalf(source, at);
            for (int i = 0; i < GROUP; i++) {
                target[from + i] = scale * source[at + 2 + i];
            }
        }
    }

    static void encodeQ80(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q80_BYTES) {
            float largest = Math.abs(ScaleFit.extremum(source, from, GROUP));
            float scale = Bytes.putHalf(target, at, largest / 127);
            for (int i = 0; i < GROUP; i++) {
                target[at + 2 + i] = (byte) ScaleFit.nearest(ScaleFit.ratio(source[from + i], scale), -127, 127);
            }
        }
    }
}
