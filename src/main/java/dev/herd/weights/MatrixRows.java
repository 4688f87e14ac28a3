package dev.herd.weights;

import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Decodes rows of a weight matrix of any encoding: the slow, plain way, for conversions and tests. */
final class MatrixRows {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int NIBBLES = 8;

    private MatrixRows() {}

    /** Rows {@code [fromRow, toRow)} of {@code matrix}, one after the other, into {@code target}. */
    static void read(WeightMatrix matrix, int fromRow, int toRow, float[] target) {
        int columns = matrix.columns();
        int elements = Math.multiplyExact(toRow - fromRow, columns);
        switch (matrix) {
            case WeightMatrix.RowMajor rows ->
                QuantFormats.dequantize(rows.type(), rows.data(), rows.rowBytes() * fromRow, target, 0, elements);
            case WeightMatrix.Transposed transposed -> readTransposed(transposed, fromRow, toRow, target);
            case WeightMatrix.Fp8 fp8 -> {
                QuantFormats.dequantize(TensorType.F8_E4M3, fp8.data(), (long) columns * fromRow, target, 0, elements);
                float[] scales = decode(fp8.scaleType(), fp8.scales(), fromRow, toRow - fromRow);
                for (int i = 0; i < elements; i++) {
                    target[i] *= scales[i / columns];
                }
            }
            case WeightMatrix.Int4 int4 -> {
                for (int row = fromRow; row < toRow; row++) {
                    readInt4(int4, row, target, (row - fromRow) * columns);
                }
            }
        }
    }

    private static void readTransposed(WeightMatrix.Transposed matrix, int fromRow, int toRow, float[] target) {
        int rows = toRow - fromRow;
        for (int column = 0; column < matrix.columns(); column++) {
            long first = (long) column * matrix.stride() + matrix.firstRow() + fromRow;
            float[] values = decode(matrix.type(), matrix.data(), first, rows);
            for (int row = 0; row < rows; row++) {
                target[row * matrix.columns() + column] = values[row];
            }
        }
    }

    private static void readInt4(WeightMatrix.Int4 matrix, int row, float[] target, int targetFrom) {
        int columns = matrix.columns();
        int groups = matrix.groups();
        long firstWord = (long) row * WeightMatrix.Int4.wordsPerRow(columns);
        float[] scales = decode(matrix.scaleType(), matrix.scales(), (long) row * groups, groups);
        MemorySegment zeroPoints = matrix.zeroPoints();
        MemorySegment groupIndex = matrix.groupIndex();
        for (int column = 0; column < columns; column++) {
            int group = groupIndex == null ? column / (columns / groups) : groupIndex.getAtIndex(I32, column);
            int zero = zeroPoints == null
                    ? 8
                    : nibble(zeroPoints.getAtIndex(I32, (long) (row / NIBBLES) * groups + group), row);
            int value = nibble(matrix.packed().getAtIndex(I32, firstWord + column / NIBBLES), column);
            target[targetFrom + column] = (value - zero) * scales[group];
        }
    }

    private static int nibble(int word, int index) {
        return word >>> (4 * (index % NIBBLES)) & 15;
    }

    private static float[] decode(TensorType type, MemorySegment source, long first, int count) {
        float[] values = new float[count];
        QuantFormats.dequantize(type, source, type.bytes(first), values, 0, count);
        return values;
    }
}
