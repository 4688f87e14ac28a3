package dev.herd.kernels.cpu;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.Fp8;
import dev.herd.kernels.WeightMatrix.Int4;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;

/** Stored elements as floats: stretches of a row of any matrix, keys and values. */
final class VectorRows {
    private VectorRows() {}

    /**
     * Writes {@code w[row, from .. from + count)}.
     *
     * @param from a multiple of 256, as is {@code count} unless the row ends there
     * @param target room for {@code count} floats and a vector
     * @param steps 256 bytes of scratch
     */
    static void decode(WeightMatrix weights, int row, int from, int count, long target, long steps) {
        switch (weights) {
            case RowMajor matrix -> {
                TensorType type = matrix.type();
                long source = matrix.data().address() + matrix.rowBytes() * row + type.bytes(from);
                decode(type, source, target, count, steps);
            }
            case Transposed matrix -> decodeTransposed(matrix, row, from, count, target, steps);
            case Fp8 matrix -> {
                long source = matrix.data().address() + (long) matrix.columns() * row + from;
                VectorPlain.decodeF8(source, target, count);
                long scales = matrix.scales().address();
                VectorPlain.scale(target, VectorPlain.element(matrix.scaleType(), scales, row), count);
            }
            case Int4 matrix -> VectorPlain.decodeInt4(matrix, row, from, count, target);
        }
    }

    /** Decodes {@code count} elements that lie one after the other, in whole quantised groups. */
    static void decode(TensorType type, long source, long target, int count, long steps) {
        switch (type) {
            case F32 -> VectorLanes.copy(source, target, 4L * count);
            case F16 -> VectorPlain.decodeF16(source, target, count);
            case BF16 -> VectorPlain.decodeBf16(source, target, count);
            case F64 -> VectorPlain.decodeF64(source, target, count);
            case F8_E4M3 -> VectorPlain.decodeF8(source, target, count);
            case Q4_0 -> VectorSmallGroups.decodeQ40(source, target, count);
            case Q4_1 -> VectorSmallGroups.decodeQ41(source, target, count);
            case Q5_0 -> VectorSmallGroups.decodeQ50(source, target, count);
            case Q5_1 -> VectorSmallGroups.decodeQ51(source, target, count);
            case Q8_0 -> VectorSmallGroups.decodeQ80(source, target, count);
            case Q2_K -> VectorKQuants.decodeQ2K(source, target, count, steps);
            case Q3_K -> VectorKQuants.decodeQ3K(source, target, count, steps);
            case Q4_K -> VectorKQuants.decodeQ4K(source, target, count, steps);
            case Q5_K -> VectorKQuants.decodeQ5K(source, target, count, steps);
            case Q6_K -> VectorKQuants.decodeQ6K(source, target, count, steps);
            case IQ4_NL -> VectorSmallGroups.decodeIq4Nl(source, target, count, steps);
            case IQ4_XS -> VectorSmallGroups.decodeIq4Xs(source, target, count, steps);
            case MXFP4 -> VectorSmallGroups.decodeMxfp4(source, target, count, steps);
            case I8, I16, I32, I64 -> throw new IllegalArgumentException(type + " holds no weights");
        }
    }

    /** Element by element, as they lie far apart; products do not come here (see {@link VectorMatMul}). */
    private static void decodeTransposed(Transposed matrix, int row, int from, int count, long target, long steps) {
        TensorType type = matrix.type();
        long start = matrix.data().address() + type.bytes(matrix.firstRow() + row);
        for (int i = 0; i < count; i++) {
            decode(type, start + type.bytes((long) (from + i) * matrix.stride()), target + 4L * i, 1, steps);
        }
    }
}
