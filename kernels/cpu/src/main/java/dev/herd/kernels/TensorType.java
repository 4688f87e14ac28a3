package dev.herd.kernels;

import java.util.Optional;

/**
 * How the elements of a stored tensor are encoded.
 *
 * <p>Quantised types store {@link #quantGroupSize()} consecutive elements of a row in {@link #quantGroupBytes()} bytes;
 * plain types are groups of one. Layouts: {@code ggml-common.h} of llama.cpp, and the OCP FP8 specification for
 * {@link #F8_E4M3}.
 */
public enum TensorType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    IQ4_NL(20, 32, 18),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, 1, 4),
    I64(27, 1, 8),
    F64(28, 1, 8),
    BF16(30, 1, 2),
    MXFP4(39, 32, 17),
    /** FP8 with 4 exponent bits; safetensors only, so it has no ggml id. */
    F8_E4M3(-1, 1, 1);

    private final int ggmlId;
    private final int quantGroupSize;
    private final int quantGroupBytes;

    TensorType(int ggmlId, int quantGroupSize, int quantGroupBytes) {
        this.ggmlId = ggmlId;
        this.quantGroupSize = quantGroupSize;
        this.quantGroupBytes = quantGroupBytes;
    }

    /** The type that a GGUF file means by {@code id}, or empty if it is none that Herd reads. */
    public static Optional<TensorType> ofGgmlId(int id) {
        for (TensorType type : values()) {
            if (type.ggmlId == id && id >= 0) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** The number that stands for this type in a GGUF file; negative if GGUF has none. */
    public int ggmlId() {
        return ggmlId;
    }

    /** Elements that share one scale; 1 for plain types. */
    public int quantGroupSize() {
        return quantGroupSize;
    }

    /** Bytes of one quantised group. */
    public int quantGroupBytes() {
        return quantGroupBytes;
    }

    /** Whether elements are encoded in groups. */
    public boolean isQuantized() {
        return quantGroupSize > 1;
    }

    /**
     * Bytes of {@code elements} consecutive elements of a row.
     *
     * @throws IllegalArgumentException if {@code elements} is no multiple of the group size
     * @throws ArithmeticException if the product does not fit 63 bits
     */
    public long bytes(long elements) {
        if (elements < 0 || elements % quantGroupSize != 0) {
            throw new IllegalArgumentException(
                    elements + " elements are no multiple of " + this + "'s group of " + quantGroupSize);
        }
        return Math.multiplyExact(elements / quantGroupSize, (long) quantGroupBytes);
    }
}
