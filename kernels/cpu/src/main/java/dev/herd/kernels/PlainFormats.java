package dev.herd.kernels;

import java.util.Arrays;

/** Formats that store every element by itself: F32, F16, BF16, F64 and F8_E4M3. */
final class PlainFormats {
    private static final int FP8_NAN = 0x7F;
    private static final int FP8_SIGN = 0x80;
    private static final float[] FP8_VALUES = fp8Values();

    private PlainFormats() {}

    static void decodeF32(byte[] source, int at, float[] target, int from, int length) {
        for (int i = 0; i < length; i++) {
            target[from + i] = Float.intBitsToFloat(Bytes.getInt(source, at + 4 * i));
        }
    }

    static void encodeF32(float[] source, int from, byte[] target, int at, int length) {
        for (int i = 0; i < length; i++) {
            Bytes.putInt(target, at + 4 * i, Float.floatToRawIntBits(source[from + i]));
        }
    }

    static void decodeF16(byte[] source, int at, float[] target, int from, int length) {
        for (int i = 0; i < length; i++) {
            target[from + i] = Bytes.getHalf(source, at + 2 * i);
        }
    }

    static void encodeF16(float[] source, int from, byte[] target, int at, int length) {
        for (int i = 0; i < length; i++) {
            Bytes.putShort(target, at + 2 * i, Float.floatToFloat16(source[from + i]));
        }
    }

    static void decodeBf16(byte[] source, int at, float[] target, int from, int length) {
        for (int i = 0; i < length; i++) {
            target[from + i] = Float.intBitsToFloat(Bytes.getShort(source, at + 2 * i) << 16);
        }
    }

    static void encodeBf16(float[] source, int from, byte[] target, int at, int length) {
        for (int i = 0; i < length; i++) {
            Bytes.putShort(target, at + 2 * i, bf16(source[from + i]));
        }
    }

    /** The upper half of the float, rounded to nearest even. */
    private static int bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (bits >>> 16) | 0x40;
        }
        return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
    }

    static void decodeF64(byte[] source, int at, float[] target, int from, int length) {
        for (int i = 0; i < length; i++) {
            target[from + i] = (float) Bytes.getDouble(source, at + 8 * i);
        }
    }

    static void decodeF8(byte[] source, int at, float[] target, int from, int length) {
        for (int i = 0; i < length; i++) {
            target[from + i] = FP8_VALUES[source[at + i] & 0xFF];
        }
    }

    /** Rounds to nearest even; what is too large becomes 448, the largest. */
    static void encodeF8(float[] source, int from, byte[] target, int at, int length) {
        for (int i = 0; i < length; i++) {
            float value = source[from + i];
            int sign = Float.floatToRawIntBits(value) < 0 ? FP8_SIGN : 0;
            target[at + i] = (byte) (sign | (Float.isNaN(value) ? FP8_NAN : fp8Magnitude(Math.abs(value))));
        }
    }

    private static int fp8Magnitude(float magnitude) {
        int found = Arrays.binarySearch(FP8_VALUES, 0, FP8_NAN, magnitude);
        if (found >= 0) {
            return found;
        }
        int above = -found - 1;
        if (above == 0 || above == FP8_NAN) {
            return Math.max(0, above - 1);
        }
        float down = magnitude - FP8_VALUES[above - 1];
        float up = FP8_VALUES[above] - magnitude;
        boolean takesLower = down < up || (down == up && (above & 1) == 1);
        return takesLower ? above - 1 : above;
    }

    /** All 256 values: sign, 4 exponent bits with bias 7, 3 mantissa bits; no infinities. */
    private static float[] fp8Values() {
        float[] values = new float[256];
        for (int code = 0; code < 256; code++) {
            int exponent = code >> 3 & 15;
            int mantissa = code & 7;
            float magnitude = exponent == 0 ? Math.scalb(mantissa, -9) : Math.scalb(8f + mantissa, exponent - 10);
            if ((code & FP8_NAN) == FP8_NAN) {
                magnitude = Float.NaN;
            }
            values[code] = code < FP8_SIGN ? magnitude : -magnitude;
        }
        return values;
    }
}
