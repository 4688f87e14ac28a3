package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.intAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.store;
import static dev.herd.kernels.cpu.VectorLanes.toFloats;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix.Int4;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Decoders of elements that stand for themselves, and of packed integers. */
final class VectorPlain {
    /** Elements of a packed word. */
    private static final int WORD = 8;

    private static final int HALF_MANTISSA = 10;
    private static final int HALF_EXPONENTS = 5;
    private static final float LARGEST_HALF = 65504;
    private static final int Q80_GROUP = 32;
    private static final int Q80_BYTES = 34;
    private static final int Q80_STEPS = 127;
    private static final int FP8_MANTISSA = 3;
    private static final int FP8_EXPONENTS = 4;
    private static final int SYMMETRIC_ZERO = 8;

    private static final IntVector NIBBLE_SHIFTS =
            VectorLanes.IOTA.and(WORD - 1).lanewise(VectorOperators.LSHL, 2);

    private VectorPlain() {}

    static void decodeF16(long source, long target, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            IntVector halves = VectorLanes.unsignedShorts(source + 2L * i);
            store(ofBits(halves, HALF_EXPONENTS, HALF_MANTISSA), target + 4L * i);
        }
        for (; i < count; i++) {
            VectorLanes.putFloat(target + 4L * i, VectorLanes.halfAt(source + 2L * i));
        }
    }

    /** The nearest halves; what is too large becomes the largest finite one. */
    static void encodeF16(long source, long target, int count) {
        for (int i = 0; i < count; i++) {
            float value = Math.clamp(VectorLanes.floatAt(source + 4L * i), -LARGEST_HALF, LARGEST_HALF);
            VectorLanes.putShort(target + 2L * i, Float.floatToFloat16(value));
        }
    }

    /**
     * Groups of 32 signed bytes behind a half as their scale. What is divided by is the scale as the half holds it, and
     * the clamp is for scales so small that the half is denormal.
     */
    static void encodeQ80(long source, long target, int count) {
        for (int from = 0; from < count; from += Q80_GROUP, target += Q80_BYTES) {
            long group = source + 4L * from;
            float largest = 0;
            for (int i = 0; i < Q80_GROUP; i++) {
                largest = Math.max(largest, Math.abs(VectorLanes.floatAt(group + 4L * i)));
            }
            short half = Float.floatToFloat16(Math.min(largest / Q80_STEPS, LARGEST_HALF));
            float scale = Float.float16ToFloat(half);
            float inverse = scale == 0 ? 0 : 1 / scale;
            VectorLanes.putShort(target, half);
            for (int i = 0; i < Q80_GROUP; i++) {
                double step = Math.rint(VectorLanes.floatAt(group + 4L * i) * inverse);
                VectorLanes.putByte(target + 2 + i, (byte) Math.clamp(step, -Q80_STEPS, Q80_STEPS));
            }
        }
    }

    static void decodeF8(long source, long target, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            IntVector codes = VectorLanes.unsignedBytes(source + i);
            store(ofBits(codes, FP8_EXPONENTS, FP8_MANTISSA), target + 4L * i);
        }
        for (; i < count; i++) {
            IntVector code = IntVector.broadcast(VectorLanes.INTS, VectorLanes.byteAt(source + i) & 0xFF);
            VectorLanes.putFloat(
                    target + 4L * i, ofBits(code, FP8_EXPONENTS, FP8_MANTISSA).lane(0));
        }
    }

    /**
     * Floats with fewer bits. An exponent of zero means {@code mantissa · 2^(1 - bias)} without the leading one: computed
     * with it and subtracted, because arithmetic on denormal floats is slow. The largest exponent is a number like any
     * other, since data with infinities are refused elsewhere.
     */
    private static FloatVector ofBits(IntVector codes, int exponentBits, int mantissaBits) {
        int bias = (1 << (exponentBits - 1)) - 1;
        int magnitudeBits = exponentBits + mantissaBits;
        IntVector magnitude = codes.and((1 << magnitudeBits) - 1).lanewise(VectorOperators.LSHL, 23 - mantissaBits);
        IntVector sign = codes.lanewise(VectorOperators.LSHR, magnitudeBits).lanewise(VectorOperators.LSHL, 31);
        VectorMask<Integer> isSmall = magnitude.compare(VectorOperators.LT, 1 << 23);
        FloatVector normal = magnitude.add((127 - bias) << 23).reinterpretAsFloats();
        int smallest = (128 - bias) << 23;
        FloatVector small =
                magnitude.add(smallest).reinterpretAsFloats().sub(broadcast(Float.intBitsToFloat(smallest)));
        IntVector bits = normal.blend(small, isSmall.cast(VectorLanes.FLOATS)).reinterpretAsInts();
        return bits.or(sign).reinterpretAsFloats();
    }

    static void decodeBf16(long source, long target, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            store(VectorLanes.bf16(source + 2L * i), target + 4L * i);
        }
        for (; i < count; i++) {
            int upper = VectorLanes.shortAt(source + 2L * i) << 16;
            VectorLanes.putFloat(target + 4L * i, Float.intBitsToFloat(upper));
        }
    }

    /** One by one: no model keeps its matrices in 64 bits. */
    static void decodeF64(long source, long target, int count) {
        for (int i = 0; i < count; i++) {
            VectorLanes.putFloat(target + 4L * i, (float) VectorLanes.doubleAt(source + 8L * i));
        }
    }

    static void scale(long floats, float factor, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            store(load(floats + 4L * i).mul(factor), floats + 4L * i);
        }
        for (; i < count; i++) {
            VectorLanes.putFloat(floats + 4L * i, VectorLanes.floatAt(floats + 4L * i) * factor);
        }
    }

    /**
     * Columns {@code [from, from + count)} of a row of packed integers.
     *
     * @param from a multiple of 8
     * @param target room for {@code count} floats and a vector
     */
    static void decodeInt4(Int4 matrix, int row, int from, int count, long target) {
        long packed = matrix.packed().address() + 4L * Int4.wordsPerRow(matrix.columns()) * row;
        for (int i = 0; i < count; i += WORD) {
            int word = intAt(packed + (from + i) / 2);
            for (int j = 0; j < WORD; j += LANES) {
                IntVector levels = IntVector.broadcast(VectorLanes.INTS, word >>> (4 * j))
                        .lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS)
                        .and(15);
                store(toFloats(levels), target + 4L * (i + j));
            }
        }
        MemorySegment groupIndex = matrix.groupIndex();
        if (groupIndex != null) {
            scaleByIndex(matrix, row, groupIndex.address() + 4L * from, count, target);
        } else {
            scaleByGroups(matrix, row, from, count, target);
        }
    }

    private static void scaleByGroups(Int4 matrix, int row, int from, int count, long target) {
        int groupColumns = matrix.columns() / matrix.groups();
        for (int i = 0; i < count; ) {
            int group = (from + i) / groupColumns;
            int size = Math.min((group + 1) * groupColumns - from, count) - i;
            shiftAndScale(target + 4L * i, zeroPoint(matrix, row, group), scaleOf(matrix, row, group), size);
            i += size;
        }
    }

    private static void shiftAndScale(long floats, int zero, float scale, int count) {
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            store(load(floats + 4L * i).sub(zero).mul(scale), floats + 4L * i);
        }
        for (; i < count; i++) {
            VectorLanes.putFloat(floats + 4L * i, (VectorLanes.floatAt(floats + 4L * i) - zero) * scale);
        }
    }

    private static void scaleByIndex(Int4 matrix, int row, long index, int count, long target) {
        for (int i = 0; i < count; i++) {
            int group = intAt(index + 4L * i);
            float level = VectorLanes.floatAt(target + 4L * i) - zeroPoint(matrix, row, group);
            VectorLanes.putFloat(target + 4L * i, level * scaleOf(matrix, row, group));
        }
    }

    private static float scaleOf(Int4 matrix, int row, int group) {
        return element(matrix.scaleType(), matrix.scales().address(), (long) matrix.groups() * row + group);
    }

    private static int zeroPoint(Int4 matrix, int row, int group) {
        MemorySegment zeroPoints = matrix.zeroPoints();
        if (zeroPoints == null) {
            return SYMMETRIC_ZERO;
        }
        long word = (long) (row / 8) * matrix.groups() + group;
        return intAt(zeroPoints.address() + 4 * word) >> (4 * (row % 8)) & 15;
    }

    /** Element {@code index} of scales, which are F32, F16 or BF16. */
    static float element(TensorType type, long address, long index) {
        if (type == TensorType.F32) {
            return VectorLanes.floatAt(address + 4 * index);
        }
        short bits = VectorLanes.shortAt(address + 2 * index);
        return type == TensorType.F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }
}
