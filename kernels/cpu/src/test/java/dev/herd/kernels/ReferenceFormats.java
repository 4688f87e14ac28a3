package dev.herd.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The value of single stored elements in double precision, written from the format tables alone: each element is looked
 * up by its index, without loops over groups, so that a mistake in the order of elements cannot be made twice.
 */
final class ReferenceFormats {
    private static final int[] IQ4 = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    private static final double[] FP4 = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

    private ReferenceFormats() {}

    /** Element {@code (row, column)} of a matrix of any kind. */
    static double element(WeightMatrix weights, int row, int column) {
        return switch (weights) {
            case WeightMatrix.RowMajor m ->
                element(m.type(), m.data(), row * m.type().bytes(m.columns()), column);
            case WeightMatrix.Transposed m -> {
                long index = (long) column * m.stride() + m.firstRow() + row;
                yield element(m.type(), m.data(), m.type().bytes(index), 0);
            }
            case WeightMatrix.Fp8 m ->
                fp8(unsigned(m.data(), (long) row * m.columns() + column))
                        * element(m.scaleType(), m.scales(), m.scaleType().bytes(row), 0);
            case WeightMatrix.Int4 m -> int4(m, row, column);
        };
    }

    private static double int4(WeightMatrix.Int4 m, int row, int column) {
        int words = m.columns() / 8 + (m.columns() % 8 == 0 ? 0 : 1);
        long word = word(m.packed(), 4L * ((long) row * words + column / 8));
        int group =
                m.groupIndex() == null ? column / (m.columns() / m.groups()) : (int) word(m.groupIndex(), 4L * column);
        long zero = 8;
        if (m.zeroPoints() != null) {
            zero = word(m.zeroPoints(), 4L * ((long) (row / 8) * m.groups() + group)) >> (4 * (row % 8)) & 15;
        }
        long value = (word >> (4 * (column % 8)) & 15) - zero;
        long scale = (long) row * m.groups() + group;
        return value * element(m.scaleType(), m.scales(), m.scaleType().bytes(scale), 0);
    }

    /** Element {@code index} of a row that starts at byte {@code rowOffset}. */
    static double element(TensorType type, MemorySegment data, long rowOffset, int index) {
        long group = rowOffset + (long) (index / type.quantGroupSize()) * type.quantGroupBytes();
        int i = index % type.quantGroupSize();
        return switch (type) {
            case F32 -> Float.intBitsToFloat((int) word(data, group));
            case F16 -> half(data, group);
            case BF16 -> Float.intBitsToFloat((int) (unsignedShort(data, group) << 16));
            case F64 -> Double.longBitsToDouble(word(data, group) | word(data, group + 4) << 32);
            case F8_E4M3 -> fp8(unsigned(data, group));
            case Q4_0 -> half(data, group) * (nibble(data, group + 2, i) - 8);
            case Q4_1 -> half(data, group) * nibble(data, group + 4, i) + half(data, group + 2);
            case Q5_0 -> half(data, group) * (nibble(data, group + 6, i) + 16 * bit(data, group + 2, i) - 16);
            case Q5_1 ->
                half(data, group) * (nibble(data, group + 8, i) + 16 * bit(data, group + 4, i)) + half(data, group + 2);
            case Q8_0 -> half(data, group) * data.get(ValueLayout.JAVA_BYTE, group + 2 + i);
            case Q2_K -> q2k(data, group, i);
            case Q3_K -> q3k(data, group, i);
            case Q4_K -> q4k(data, group, i, group + 16, 0);
            case Q5_K -> q4k(data, group, i, group + 48, 16 * (unsigned(data, group + 16 + i % 32) >> (i / 32) & 1));
            case Q6_K -> q6k(data, group, i);
            case IQ4_NL -> half(data, group) * IQ4[nibble(data, group + 2, i)];
            case IQ4_XS -> iq4xs(data, group, i);
            case MXFP4 -> mxfp4(data, group, i);
            case I8, I16, I32, I64 -> throw new IllegalArgumentException(type + " is no weight type");
        };
    }

    /** 32 elements in 16 bytes: the first half in the low nibbles. */
    private static int nibble(MemorySegment data, long at, int i) {
        int pair = unsigned(data, at + i % 16);
        return i < 16 ? pair % 16 : pair / 16;
    }

    private static int bit(MemorySegment data, long at, int i) {
        return unsigned(data, at + i / 8) >> (i % 8) & 1;
    }

    /** 2-bit element i of 256: halves of 32 bytes; within a half the bit pair says which 32 elements. */
    private static int bitPair(MemorySegment data, long at, int i) {
        return unsigned(data, at + 32L * (i / 128) + i % 32) >> (2 * (i % 128 / 32)) & 3;
    }

    private static double q2k(MemorySegment data, long group, int i) {
        int scales = unsigned(data, group + i / 16);
        int lower = scales % 16;
        int upper = scales / 16;
        double scale = half(data, group + 80) * lower;
        double min = half(data, group + 82) * upper;
        return scale * bitPair(data, group + 16, i) - min;
    }

    private static double q3k(MemorySegment data, long group, int i) {
        int k = i / 16;
        int low = k < 8 ? unsigned(data, group + 96 + k) % 16 : unsigned(data, group + 96 + k - 8) / 16;
        int high = unsigned(data, group + 104 + k % 4) >> (2 * (k / 4)) & 3;
        int third = unsigned(data, group + i % 32) >> (i / 32) & 1;
        int q = bitPair(data, group + 32, i) - (third == 1 ? 0 : 4);
        return half(data, group + 108) * (low + 16 * high - 32) * q;
    }

    private static double q4k(MemorySegment data, long group, int i, long quants, int fifth) {
        int j = i / 32;
        long s = group + 4;
        int scale = j < 4
                ? unsigned(data, s + j) % 64
                : unsigned(data, s + j + 4) % 16 + 16 * (unsigned(data, s + j - 4) / 64);
        int min = j < 4
                ? unsigned(data, s + j + 4) % 64
                : unsigned(data, s + j + 4) / 16 + 16 * (unsigned(data, s + j) / 64);
        int pair = unsigned(data, quants + 32L * (i / 64) + i % 32);
        int q = (i % 64 < 32 ? pair % 16 : pair / 16) + fifth;
        return half(data, group) * scale * q - half(data, group + 2) * min;
    }

    private static double q6k(MemorySegment data, long group, int i) {
        int pair = unsigned(data, group + 64L * (i / 128) + i % 64);
        int low = i % 128 < 64 ? pair % 16 : pair / 16;
        int q = low + 16 * bitPair(data, group + 128, i) - 32;
        return half(data, group + 208) * data.get(ValueLayout.JAVA_BYTE, group + 192 + i / 16) * q;
    }

    private static double iq4xs(MemorySegment data, long group, int i) {
        int b = i / 32;
        int low = unsigned(data, group + 4 + b / 2) >> (4 * (b % 2)) & 15;
        int high = (int) (unsignedShort(data, group + 2) >> (2 * b) & 3);
        int pair = unsigned(data, group + 8 + 16L * b + i % 16);
        return half(data, group) * (low + 16 * high - 32) * IQ4[i % 32 < 16 ? pair % 16 : pair / 16];
    }

    private static double mxfp4(MemorySegment data, long group, int i) {
        int code = nibble(data, group + 1, i);
        double magnitude = FP4[code % 8] * Math.pow(2, unsigned(data, group) - 127);
        return code < 8 ? magnitude : code == 8 ? 0 : -magnitude;
    }

    private static double fp8(int code) {
        int exponent = code / 8 % 16;
        int mantissa = code % 8;
        double magnitude = exponent == 0 ? mantissa / 512.0 : (1 + mantissa / 8.0) * Math.pow(2, exponent - 7);
        if (exponent == 15 && mantissa == 7) {
            return Double.NaN;
        }
        return code < 128 ? magnitude : -magnitude;
    }

    /** IEEE half: sign, 5 exponent bits with bias 15, 10 mantissa bits. */
    static double half(MemorySegment data, long at) {
        int bits = (int) unsignedShort(data, at);
        int exponent = bits >> 10 & 31;
        int mantissa = bits & 1023;
        double magnitude;
        if (exponent == 31) {
            magnitude = mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else if (exponent == 0) {
            magnitude = mantissa * Math.pow(2, -24);
        } else {
            magnitude = (1024 + mantissa) * Math.pow(2, exponent - 25);
        }
        return bits < 0x8000 ? magnitude : -magnitude;
    }

    private static int unsigned(MemorySegment data, long at) {
        return data.get(ValueLayout.JAVA_BYTE, at) & 255;
    }

    private static long unsignedShort(MemorySegment data, long at) {
        return unsigned(data, at) + 256L * unsigned(data, at + 1);
    }

    private static long word(MemorySegment data, long at) {
        return unsignedShort(data, at) + 65536L * unsignedShort(data, at + 2);
    }
}
