package dev.herd.kernels;

/**
 * Reads the K formats: 256 elements in runs of 16 or 32, each run with its own small integer scale (and offset), all
 * under one half-precision scale (and offset scale).
 */
final class KQuantDecoder {
    static final int GROUP = 256;
    static final int Q2K_BYTES = 84;
    static final int Q3K_BYTES = 110;
    static final int Q4K_BYTES = 144;
    static final int Q5K_BYTES = 176;
    static final int Q6K_BYTES = 210;

    private KQuantDecoder() {}

    /** Layout: 16 scale/offset nibbles, 64 bytes of four 2-bit elements, scale, offset scale. */
    static void decodeQ2K(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q2K_BYTES) {
            float scale = Bytes.getHalf(source, at + 80);
            float offset = Bytes.getHalf(source, at + 82);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * (source[at + run] & 15);
                float runOffset = offset * (source[at + run] >> 4 & 15);
                int bytes = at + 16 + twoBitBytes(run);
                int shift = twoBitShift(run);
                for (int i = 0; i < 16; i++) {
                    target[from + 16 * run + i] = runScale * (source[bytes + i] >> shift & 3) - runOffset;
                }
            }
        }
    }

    /** Where the 2-bit elements of a run of 16 start: two halves of 32 bytes, four sub-rows each, two runs per sub-row. */
    static int twoBitBytes(int run) {
        return 32 * (run >> 3) + 16 * (run & 1);
    }

    /** By how much they are shifted. */
    static int twoBitShift(int run) {
        return run & 6;
    }

    /** Layout: 32 bytes of third bits, 64 bytes of four 2-bit elements, 12 bytes of 6-bit scales, scale. */
    static void decodeQ3K(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q3K_BYTES) {
            float scale = Bytes.getHalf(source, at + 108);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * q3Scale(source, at + 96, run);
                int bytes = at + 32 + twoBitBytes(run);
                int shift = twoBitShift(run);
                int thirdBits = at + 16 * (run & 1);
                int thirdShift = run >> 1;
                for (int i = 0; i < 16; i++) {
                    int third = source[thirdBits + i] >> thirdShift & 1;
                    target[from + 16 * run + i] = runScale * (((source[bytes + i] >> shift & 3) | (third << 2)) - 4);
                }
            }
        }
    }

    private static int q3Scale(byte[] source, int scales, int run) {
        int low = source[scales + (run & 7)] >> (4 * (run >> 3)) & 15;
        int high = source[scales + 8 + (run & 3)] >> (2 * (run >> 2)) & 3;
        return (low | (high << 4)) - 32;
    }

    /** Layout: scale, offset scale, 12 bytes of 6-bit scales and offsets, 128 bytes of two 4-bit elements. */
    static void decodeQ4K(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q4K_BYTES) {
            float scale = Bytes.getHalf(source, at);
            float offset = Bytes.getHalf(source, at + 2);
            for (int run = 0; run < 8; run++) {
                float runScale = scale * sixBitScale(source, at + 4, run);
                float runOffset = offset * sixBitOffset(source, at + 4, run);
                int bytes = at + 16 + 32 * (run >> 1);
                int shift = 4 * (run & 1);
                for (int i = 0; i < 32; i++) {
                    target[from + 32 * run + i] = runScale * (source[bytes + i] >> shift & 15) - runOffset;
                }
            }
        }
    }

    /** Layout: as Q4_K with 32 bytes of fifth bits before the elements; bit r of byte i belongs to element i of run r. */
    static void decodeQ5K(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q5K_BYTES) {
            float scale = Bytes.getHalf(source, at);
            float offset = Bytes.getHalf(source, at + 2);
            for (int run = 0; run < 8; run++) {
                float runScale = scale * sixBitScale(source, at + 4, run);
                float runOffset = offset * sixBitOffset(source, at + 4, run);
                int bytes = at + 48 + 32 * (run >> 1);
                int shift = 4 * (run & 1);
                for (int i = 0; i < 32; i++) {
                    int fifth = source[at + 16 + i] >> run & 1;
                    target[from + 32 * run + i] =
                            runScale * ((source[bytes + i] >> shift & 15) | (fifth << 4)) - runOffset;
                }
            }
        }
    }

    private static int sixBitScale(byte[] source, int scales, int run) {
        if (run < 4) {
            return source[scales + run] & 63;
        }
        return (source[scales + run + 4] & 15) | ((source[scales + run - 4] >> 6 & 3) << 4);
    }

    private static int sixBitOffset(byte[] source, int scales, int run) {
        if (run < 4) {
            return source[scales + run + 4] & 63;
        }
        return (source[scales + run + 4] >> 4 & 15) | ((source[scales + run] >> 6 & 3) << 4);
    }

    /** Layout: 128 bytes of lower nibbles, 64 bytes of four upper bit pairs, 16 signed scales, scale. */
    static void decodeQ6K(byte[] source, int at, float[] target, int from, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q6K_BYTES) {
            float scale = Bytes.getHalf(source, at + 208);
            for (int run = 0; run < 16; run++) {
                float runScale = scale * source[at + 192 + run];
                int low = at + q6LowBytes(run);
                int lowShift = 4 * (run >> 2 & 1);
                int high = at + 128 + twoBitBytes(run);
                int highShift = twoBitShift(run);
                for (int i = 0; i < 16; i++) {
                    int level = (source[low + i] >> lowShift & 15) | ((source[high + i] >> highShift & 3) << 4);
                    target[from + 16 * run + i] = runScale * (level - 32);
                }
            }
        }
    }

    /** Where the lower nibbles of a run of 16 start: halves of 64 bytes, runs 0-3 in lower nibbles, 4-7 in upper ones. */
    static int q6LowBytes(int run) {
        return 64 * (run >> 3) + 16 * (run & 3);
    }
}
