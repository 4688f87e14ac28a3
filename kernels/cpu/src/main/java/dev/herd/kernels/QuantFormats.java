package dev.herd.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Floats to stored elements and back, for every encoding that checkpoints use: the plain statement of the formats.
 *
 * <p>Decoding is exact but for one rounding to float per element. Encoding is deterministic; it looks for scales with a
 * small squared error and is not bit-compatible with other writers.
 */
public final class QuantFormats {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Elements that are staged in a byte array at a time; a multiple of every group size. */
    private static final int STAGED = 4096;

    private QuantFormats() {}

    /** Whether elements of this type are weights; the integer types are not. */
    public static boolean holdsWeights(TensorType type) {
        return switch (type) {
            case I8, I16, I32, I64 -> false;
            default -> true;
        };
    }

    /**
     * Decodes {@code length} elements of {@code type} that start at byte {@code offset} of {@code source}.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for integer types, which hold no weights
     */
    public static void dequantize(
            TensorType type, MemorySegment source, long offset, float[] target, int targetFrom, int length) {
        if (type == TensorType.F32) {
            MemorySegment.copy(source, FLOAT, offset, target, targetFrom, length);
            return;
        }
        byte[] staged = new byte[Math.toIntExact(type.bytes(Math.min(length, STAGED)))];
        for (int done = 0; done < length; done += STAGED) {
            int count = Math.min(STAGED, length - done);
            int bytes = Math.toIntExact(type.bytes(count));
            MemorySegment.copy(source, BYTE, offset + type.bytes(done), staged, 0, bytes);
            dequantize(type, staged, 0, target, targetFrom + done, count);
        }
    }

    /** The same from a byte array; allocates nothing. */
    public static void dequantize(TensorType type, byte[] source, int at, float[] target, int targetFrom, int length) {
        type.bytes(length);
        switch (type) {
            case F32 -> PlainFormats.decodeF32(source, at, target, targetFrom, length);
            case F16 -> PlainFormats.decodeF16(source, at, target, targetFrom, length);
            case BF16 -> PlainFormats.decodeBf16(source, at, target, targetFrom, length);
            case F64 -> PlainFormats.decodeF64(source, at, target, targetFrom, length);
            case F8_E4M3 -> PlainFormats.decodeF8(source, at, target, targetFrom, length);
            case Q4_0 -> SmallGroupFormats.decodeQ40(source, at, target, targetFrom, length);
            case Q4_1 -> SmallGroupFormats.decodeQ41(source, at, target, targetFrom, length);
            case Q5_0 -> SmallGroupFormats.decodeQ50(source, at, target, targetFrom, length);
            case Q5_1 -> SmallGroupFormats.decodeQ51(source, at, target, targetFrom, length);
            case Q8_0 -> SmallGroupFormats.decodeQ80(source, at, target, targetFrom, length);
            case Q2_K -> KQuantDecoder.decodeQ2K(source, at, target, targetFrom, length);
            case Q3_K -> KQuantDecoder.decodeQ3K(source, at, target, targetFrom, length);
            case Q4_K -> KQuantDecoder.decodeQ4K(source, at, target, targetFrom, length);
            case Q5_K -> KQuantDecoder.decodeQ5K(source, at, target, targetFrom, length);
            case Q6_K -> KQuantDecoder.decodeQ6K(source, at, target, targetFrom, length);
            case IQ4_NL -> TableFormats.decodeIq4Nl(source, at, target, targetFrom, length);
            case IQ4_XS -> TableFormats.decodeIq4Xs(source, at, target, targetFrom, length);
            case MXFP4 -> TableFormats.decodeMxfp4(source, at, target, targetFrom, length);
            case I8, I16, I32, I64 -> throw new IllegalArgumentException(type + " holds no weights");
        }
    }

    /**
     * Encodes {@code length} elements as {@code type}, from byte {@code offset} of {@code target} on.
     *
     * @param length a multiple of the type's group size
     * @throws IllegalArgumentException for F64 and integer types, which Herd only reads, and for elements that are not
     *     finite if the type is quantised
     */
    public static void quantize(
            TensorType type, float[] source, int sourceFrom, int length, MemorySegment target, long offset) {
        if (type.isQuantized()) {
            requireFinite(type, source, sourceFrom, length);
        }
        byte[] encoded = new byte[Math.toIntExact(type.bytes(length))];
        quantize(type, source, sourceFrom, length, encoded, 0);
        MemorySegment.copy(encoded, 0, target, BYTE, offset, encoded.length);
    }

    /** The same into a byte array; allocates nothing for plain types and Q8_0, and takes elements to be finite. */
    public static void quantize(TensorType type, float[] source, int from, int length, byte[] target, int at) {
        switch (type) {
            case F32 -> PlainFormats.encodeF32(source, from, target, at, length);
            case F16 -> PlainFormats.encodeF16(source, from, target, at, length);
            case BF16 -> PlainFormats.encodeBf16(source, from, target, at, length);
            case F8_E4M3 -> PlainFormats.encodeF8(source, from, target, at, length);
            case Q4_0 -> SmallGroupFormats.encodeQ40(source, from, target, at, length);
            case Q4_1 -> SmallGroupFormats.encodeQ41(source, from, target, at, length);
            case Q5_0 -> SmallGroupFormats.encodeQ50(source, from, target, at, length);
            case Q5_1 -> SmallGroupFormats.encodeQ51(source, from, target, at, length);
            case Q8_0 -> SmallGroupFormats.encodeQ80(source, from, target, at, length);
            case Q2_K -> KQuantEncoder.encodeQ2K(source, from, target, at, length);
            case Q3_K -> KQuantEncoder.encodeQ3K(source, from, target, at, length);
            case Q4_K -> KQuantEncoder.encodeQ4K(source, from, target, at, length);
            case Q5_K -> KQuantEncoder.encodeQ5K(source, from, target, at, length);
            case Q6_K -> KQuantEncoder.encodeQ6K(source, from, target, at, length);
            case IQ4_NL -> TableFormats.encodeIq4Nl(source, from, target, at, length);
            case IQ4_XS -> TableFormats.encodeIq4Xs(source, from, target, at, length);
            case MXFP4 -> TableFormats.encodeMxfp4(source, from, target, at, length);
            case F64, I8, I16, I32, I64 -> throw new IllegalArgumentException("Herd does not write " + type);
        }
    }

    private static void requireFinite(TensorType type, float[] source, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (!Float.isFinite(source[i])) {
                throw new IllegalArgumentException(
                        "element " + (i - from) + " is " + source[i] + ", which " + type + " cannot hold");
            }
        }
    }
}
