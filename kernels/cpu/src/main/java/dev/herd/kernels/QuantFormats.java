package dev.herd.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Floats to stored elements and back, for every encoding that checkpoints use: the plain statement of the formats. */
public final class QuantFormats {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private QuantFormats() {}

    /**
     * Decodes {@code length} elements of {@code type} that start at byte {@code offset} of {@code source}.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for integer types, which hold no weights
     */
    public static void dequantize(
            TensorType type, MemorySegment source, long offset, float[] target, int targetFrom, int length) {
        switch (type) {
            case F32 -> MemorySegment.copy(source, FLOAT, offset, target, targetFrom, length);
            case F16 -> {
                for (int i = 0; i < length; i++) {
                    target[targetFrom + i] = Float.float16ToFloat(source.get(SHORT, offset + 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < length; i++) {
                    target[targetFrom + i] = Float.intBitsToFloat(source.get(SHORT, offset + 2L * i) << 16);
                }
            }
            default -> throw new IllegalArgumentException(type + " holds no weights");
        }
    }

    /**
     * Encodes {@code length} elements as {@code type}, from byte {@code offset} of {@code target} on.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for types that Herd only reads
     */
    public static void quantize(
            TensorType type, float[] source, int sourceFrom, int length, MemorySegment target, long offset) {
        switch (type) {
            case F32 -> MemorySegment.copy(source, sourceFrom, target, FLOAT, offset, length);
            case F16 -> {
                for (int i = 0; i < length; i++) {
                    target.set(SHORT, offset + 2L * i, Float.floatToFloat16(source[sourceFrom + i]));
                }
            }
            default -> throw new IllegalArgumentException("Herd does not write " + type);
        }
    }
}
