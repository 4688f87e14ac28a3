package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/**
 * Floats from their bits and back by arithmetic alone: TornadoVM cannot reinterpret an int as a float, and portable
 * devices have no halves. Exact for all finite numbers.
 */
final class Bits {
    private static final float LARGEST_HALF = 65504;

    private Bits() {}

    /** The half in the low 16 bits. */
    static float half(int bits) {
        int exponent = bits >> 10 & 31;
        int isNormal = TornadoMath.min(exponent, 1); // no branch, which would cost products more than it saves
        int mantissa = (bits & 1023) + (isNormal << 10);
        float magnitude = mantissa * (float) (1 << (exponent + 1 - isNormal)) * 0x1p-25f;
        return magnitude * (1 - (bits >> 14 & 2));
    }

    /** {@link #half} on devices with {@code dp4a} or matrix units, which all turn halves to floats by themselves. */
    static float deviceHalf(int bits) {
        return Float.float16ToFloat((short) bits);
    }

    /** The float of these bits; with the low 16 zero, a bfloat16. Every intermediate product is exact and finite. */
    static float single(int bits) {
        int exponent = bits >> 23 & 255;
        int mantissa = bits & 0x7FFFFF;
        if (exponent == 0) {
            exponent = 1;
        } else {
            mantissa += 0x800000;
        }
        float magnitude = mantissa * (float) (1 << (exponent & 15));
        magnitude *= (exponent & 16) != 0 ? 1 : 0x1p-16f;
        magnitude *= (exponent & 32) != 0 ? 1 : 0x1p-32f;
        magnitude *= (exponent & 128) != 0 ? 0x1p64f : 0x1p-64f;
        magnitude *= (exponent & 64) != 0 ? 0x1p26f : 0x1p-38f;
        return bits >= 0 ? magnitude : -magnitude;
    }

    /** The bits of the nearest half, of ties the even one; what is too large becomes the largest. */
    static int toHalf(float value) {
        float magnitude = value < 0 ? -value : value;
        if (magnitude > LARGEST_HALF) {
            magnitude = LARGEST_HALF;
        }
        int exponent = 0;
        float units = magnitude * 0x1p24f; // of the smallest half, 2^-24
        if (units >= 2048) {
            exponent = exponentAbove(units);
            units = units / (1 << exponent);
        }
        // In [1024, 2048) for normal halves of that exponent, below for those that need none.
        int bits = (int) units;
        float rest = units - bits;
        float threshold = 0.5f;
        if ((bits & 1) == 1) {
            threshold = 0.49999997f; // a tie, too, goes up to the even neighbour
        }
        if (rest > threshold) {
            bits++;
        }
        bits += exponent << 10;
        return value < 0 ? bits | 0x8000 : bits;
    }

    /** How often {@code units} must be halved to be below 2048. */
    private static int exponentAbove(float units) {
        int exponent = 0;
        float rest = units;
        if (rest >= 2048f * 32768) {
            exponent += 16;
            rest *= 0x1p-16f;
        }
        if (rest >= 2048f * 128) {
            exponent += 8;
            rest *= 1f / 256;
        }
        if (rest >= 2048f * 8) {
            exponent += 4;
            rest *= 1f / 16;
        }
        if (rest >= 2048f * 2) {
            exponent += 2;
            rest *= 1f / 4;
        }
        if (rest >= 2048f) {
            exponent += 1;
        }
        return exponent;
    }

    /** The bits of a float. */
    static int toSingle(float value) {
        float units = value < 0 ? -value : value;
        if (units == 0) {
            return 0;
        }
        int exponent = 150; // units count 2^(exponent - 150)
        for (int step = 64; step > 0; step /= 2) {
            if (units >= powerOfTwo(step) * 0x1p23f) {
                units *= 1 / powerOfTwo(step);
                exponent += step;
            }
        }
        units *= units < 0x1p-40f ? 0x1p64f : 1;
        exponent -= value < 0x1p-40f && value > -0x1p-40f ? 64 : 0;
        for (int step = 64; step > 0; step /= 2) {
            if (units * powerOfTwo(step) < 0x1p24f) {
                units *= powerOfTwo(step);
                exponent -= step;
            }
        }
        int bits = exponent < 1 ? (int) units >> (1 - exponent) : ((int) units & 0x7FFFFF) | (exponent << 23);
        return value < 0 ? bits | 0x80000000 : bits;
    }

    private static float powerOfTwo(int exponent) {
        if (exponent == 64) {
            return 0x1p64f;
        }
        return exponent == 32 ? 0x1p32f : 1 << exponent;
    }
}
