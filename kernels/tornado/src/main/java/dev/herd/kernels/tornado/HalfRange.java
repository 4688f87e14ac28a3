package dev.herd.kernels.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The power of two that weights are multiplied by before they become halves, one for a matrix, or for those of all experts of
 * a layer: it brings the largest weight to 2^15 at most, so that none becomes infinite, and what is not smaller than 2^-29 of
 * the largest keeps all 11 bits of a half. It lies behind the last row of the matrix on the device, as a float's bits.
 */
final class HalfRange {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private HalfRange() {}

    /** The factor for matrices whose weights are not larger than {@code largest}. */
    static float factor(float largest) {
        return 1 / HalfInputs.scale(Math.min(largest, Float.MAX_VALUE));
    }

    /** What no weight of rows {@code [fromRow, toRow)} of a device's matrix exceeds; for quantised formats from their scales. */
    static float largest(MemorySegment words, DeviceFormat format, int columns, long fromRow, long toRow) {
        long row = format.rowWords(columns);
        float largest = 0;
        for (long at = fromRow * row; at < toRow * row; at += format.groupWords()) {
            largest = Math.max(largest, inGroup(words, format, at));
        }
        return largest;
    }

    private static float inGroup(MemorySegment words, DeviceFormat format, long at) {
        int first = word(words, at);
        return switch (format) {
            case F32 -> Math.abs(Float.intBitsToFloat(first));
            case F16 -> Math.max(half(first), half(first >> 16));
            case BF16 ->
                Math.max(
                        Math.abs(Float.intBitsToFloat(first << 16)),
                        Math.abs(Float.intBitsToFloat(first & 0xFFFF0000)));
            case Q8_0 -> 128 * half(first);
            case Q4_0 -> 8 * half(first);
            case Q4_K -> 63 * 15 * half(first) + 63 * half(first >> 16);
            case Q6_K -> 128 * 32 * half(word(words, at + format.groupWords() - 1));
        };
    }

    private static float half(int bits) {
        return Math.abs(Float.float16ToFloat((short) bits));
    }

    private static int word(MemorySegment words, long index) {
        return words.get(INT, Integer.BYTES * index);
    }
}
