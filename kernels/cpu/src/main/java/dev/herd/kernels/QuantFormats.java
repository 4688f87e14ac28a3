package dev.herd.kernels;

import java.lang.foreign.MemorySegment;

/** Floats to stored elements and back, for every encoding that checkpoints use: the plain statement of the formats. */
public final class QuantFormats {
    private QuantFormats() {}

    /**
     * Decodes {@code length} elements of {@code type} that start at byte {@code offset} of {@code source}.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for integer types, which hold no weights
     */
    public static void dequantize(
            TensorType type, MemorySegment source, long offset, float[] target, int targetFrom, int length) {
        throw new IllegalStateException();
    }

    /**
     * Encodes {@code length} elements as {@code type}, from byte {@code offset} of {@code target} on.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for types that Herd only reads
     */
    public static void quantize(
            TensorType type, float[] source, int sourceFrom, int length, MemorySegment target, long offset) {
        throw new IllegalStateException();
    }
}
