package dev.herd.kernels.cpu;

import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.Fp8;
import dev.herd.kernels.WeightMatrix.Int4;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** One row of a weight matrix of any kind as floats. */
final class RowDecoder {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int SYMMETRIC_ZERO = 8;

    private RowDecoder() {}

    /** Writes {@code w[row, 0..columns)} to the start of {@code target}. */
    static void decode(WeightMatrix weights, int row, float[] target, Scratch scratch) {
        switch (weights) {
            case RowMajor matrix -> {
                long offset = matrix.rowBytes() * row;
                decode(matrix.type(), matrix.data(), offset, target, matrix.columns(), scratch);
            }
            case Transposed matrix -> decodeTransposed(matrix, row, target, scratch);
            case Fp8 matrix -> decodeFp8(matrix, row, target, scratch);
            case Int4 matrix -> decodeInt4(matrix, row, target, scratch);
        }
    }

    /** Decodes {@code length} consecutive elements from byte {@code offset} of {@code data}. */
    static void decode(TensorType type, MemorySegment data, long offset, float[] target, int length, Scratch scratch) {
        if (type == TensorType.F32) {
            QuantFormats.dequantize(type, data, offset, target, 0, length);
            return;
        }
        int size = Math.toIntExact(type.bytes(length));
        byte[] bytes = scratch.bytes(size);
        MemorySegment.copy(data, BYTE, offset, bytes, 0, size);
        QuantFormats.dequantize(type, bytes, 0, target, 0, length);
    }

    private static void decodeTransposed(Transposed matrix, int row, float[] target, Scratch scratch) {
        int size = matrix.type().quantGroupBytes();
        byte[] bytes = scratch.bytes(Math.multiplyExact(size, matrix.columns()));
        for (int column = 0; column < matrix.columns(); column++) {
            long element = (long) column * matrix.stride() + matrix.firstRow() + row;
            MemorySegment.copy(matrix.data(), BYTE, element * size, bytes, column * size, size);
        }
        QuantFormats.dequantize(matrix.type(), bytes, 0, target, 0, matrix.columns());
    }

    private static void decodeFp8(Fp8 matrix, int row, float[] target, Scratch scratch) {
        int columns = matrix.columns();
        decode(TensorType.F8_E4M3, matrix.data(), (long) columns * row, target, columns, scratch);
        float[] scale = scratch.factors(1);
        decode(matrix.scaleType(), matrix.scales(), matrix.scaleType().bytes(row), scale, 1, scratch);
        for (int column = 0; column < columns; column++) {
            target[column] *= scale[0];
        }
    }

    private static void decodeInt4(Int4 matrix, int row, float[] target, Scratch scratch) {
        int groups = matrix.groups();
        float[] scales = scratch.factors(groups);
        long firstScale = (long) groups * row;
        decode(matrix.scaleType(), matrix.scales(), matrix.scaleType().bytes(firstScale), scales, groups, scratch);
        int[] zeros = zeroPoints(matrix, row, scratch);
        int size = 4 * Int4.wordsPerRow(matrix.columns());
        byte[] packed = scratch.bytes(size);
        MemorySegment.copy(matrix.packed(), BYTE, (long) size * row, packed, 0, size);
        MemorySegment groupIndex = matrix.groupIndex();
        if (groupIndex != null) {
            for (int column = 0; column < matrix.columns(); column++) {
                int group = groupIndex.getAtIndex(INT, column);
                target[column] = (nibble(packed, column) - zeros[group]) * scales[group];
            }
            return;
        }
        int groupColumns = matrix.columns() / groups;
        for (int group = 0; group < groups; group++) {
            float scale = scales[group];
            int zero = zeros[group];
            for (int column = group * groupColumns; column < (group + 1) * groupColumns; column++) {
                target[column] = (nibble(packed, column) - zero) * scale;
            }
        }
    }

    private static int nibble(byte[] packed, int column) {
        return packed[column >> 1] >> (4 * (column & 1)) & 15;
    }

    private static int[] zeroPoints(Int4 matrix, int row, Scratch scratch) {
        int groups = matrix.groups();
        int[] zeros = scratch.zeros(groups);
        MemorySegment zeroPoints = matrix.zeroPoints();
        if (zeroPoints == null) {
            Arrays.fill(zeros, 0, groups, SYMMETRIC_ZERO);
            return zeros;
        }
        for (int group = 0; group < groups; group++) {
            int word = zeroPoints.getAtIndex(INT, (long) (row / 8) * groups + group);
            zeros[group] = word >> (4 * (row % 8)) & 15;
        }
        return zeros;
    }
}
