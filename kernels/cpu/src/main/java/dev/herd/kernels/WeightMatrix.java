package dev.herd.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A weight matrix where it lies in a mapped checkpoint: {@link #rows()} outputs by {@link #columns()} inputs. A linear
 * layer computes {@code out[t, r] = Σ_c x[t, c] · w[r, c]}.
 *
 * <p>Constructors check that the memory has exactly the size that the shape asks for, so that kernels need no bounds
 * tests of their own. All memory is little-endian and need not be aligned.
 */
public sealed interface WeightMatrix {
    /** Outputs. */
    int rows();

    /** Inputs. */
    int columns();

    /** Encoding of the elements. */
    TensorType type();

    /** Bytes that the matrix occupies, scales and the like included. */
    long byteSize();

    /**
     * Rows one after the other, each in whole quantised groups: every GGUF matrix and the {@code [out, in]} matrices of
     * safetensors.
     *
     * @param data {@code rows * type.bytes(columns)} bytes
     */
    record RowMajor(TensorType type, MemorySegment data, int rows, int columns) implements WeightMatrix {
        public RowMajor {
            requireShape(rows, columns);
            requireSize(data, Math.multiplyExact(type.bytes(columns), (long) rows));
        }

        @Override
        public long byteSize() {
            return data.byteSize();
        }

        /** Bytes of one row. */
        public long rowBytes() {
            return type.bytes(columns);
        }
    }

    /**
     * Columns one after the other, as Hugging Face's fused experts are stored ({@code [in, out]}): element (r, c) is
     * number {@code c * stride + firstRow + r} of {@code data}. Gate and up projection are two views of one tensor.
     *
     * @param type a plain type
     * @param data {@code columns * stride} elements
     * @param stride outputs stored per input, at least {@code firstRow + rows}
     */
    record Transposed(TensorType type, MemorySegment data, int rows, int columns, int stride, int firstRow)
            implements WeightMatrix {
        public Transposed {
            requireShape(rows, columns);
            if (type.isQuantized()) {
                throw new IllegalArgumentException("a transposed matrix cannot be " + type);
            }
            if (firstRow < 0 || (long) firstRow + rows > stride) {
                throw new IllegalArgumentException(
                        "rows " + firstRow + ".." + ((long) firstRow + rows) + " of " + stride);
            }
            requireSize(data, Math.multiplyExact(type.bytes(stride), (long) columns));
        }

        @Override
        public long byteSize() {
            return type.bytes((long) rows * columns);
        }
    }

    /**
     * FP8 E4M3 rows with one scale per row: {@code w[r, c] = e4m3(data[r, c]) * scales[r]}.
     *
     * @param data {@code rows * columns} bytes
     * @param scaleType F32, F16 or BF16
     * @param scales {@code [rows]}
     */
    record Fp8(MemorySegment data, TensorType scaleType, MemorySegment scales, int rows, int columns)
            implements WeightMatrix {
        public Fp8 {
            requireShape(rows, columns);
            requireScaleType(scaleType);
            requireSize(data, (long) rows * columns);
            requireSize(scales, scaleType.bytes(rows));
        }

        @Override
        public TensorType type() {
            return TensorType.F8_E4M3;
        }

        @Override
        public long byteSize() {
            return data.byteSize() + scales.byteSize();
        }
    }

    /**
     * 4-bit integers packed eight to a 32-bit word, the layout {@code pack-quantized} of compressed-tensors: nibble k
     * (least significant first) of word j of a row is column 8j + k, and
     * {@code w[r, c] = (nibble - zero) * scales[r, g]} with {@code g = groupIndex[c]} or {@code c / groupColumns}.
     *
     * @param packed int32 {@code [rows, ceil(columns / 8)]}
     * @param scaleType F32, F16 or BF16
     * @param scales {@code [rows, groups]}
     * @param groups scales per row
     * @param zeroPoints int32 {@code [ceil(rows / 8), groups]}, packed along the rows; null if every zero is 8
     * @param groupIndex int32 {@code [columns]}; null if groups are consecutive columns
     */
    record Int4(
            MemorySegment packed,
            TensorType scaleType,
            MemorySegment scales,
            int groups,
            @Nullable MemorySegment zeroPoints,
            @Nullable MemorySegment groupIndex,
            int rows,
            int columns)
            implements WeightMatrix {
        public Int4 {
            requireShape(rows, columns);
            requireScaleType(scaleType);
            requireSize(packed, 4L * rows * wordsPerRow(columns));
            requireSize(scales, scaleType.bytes((long) rows * groups));
            if (zeroPoints != null) {
                requireSize(zeroPoints, 4L * ((rows + 7L) / 8) * groups);
            }
            if (groupIndex != null) {
                requireSize(groupIndex, 4L * columns);
                requireIndexes(groupIndex, columns, groups);
            } else if (groups < 1 || columns % groups != 0) {
                throw new IllegalArgumentException(columns + " columns in " + groups + " groups");
            }
        }

        /** 4 bits are no {@link TensorType} of their own; the words that hold them are 32-bit integers. */
        @Override
        public TensorType type() {
            return TensorType.I32;
        }

        @Override
        public long byteSize() {
            return packed.byteSize()
                    + scales.byteSize()
                    + (zeroPoints == null ? 0 : zeroPoints.byteSize())
                    + (groupIndex == null ? 0 : groupIndex.byteSize());
        }

        /** 32-bit words of one row. */
        public static int wordsPerRow(int columns) {
            return (columns + 7) / 8;
        }
    }

    private static void requireShape(int rows, int columns) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("a matrix cannot have shape [" + rows + ", " + columns + "]");
        }
    }

    private static void requireScaleType(TensorType type) {
        if (type != TensorType.F32 && type != TensorType.F16 && type != TensorType.BF16) {
            throw new IllegalArgumentException("scales are F32, F16 or BF16, not " + type);
        }
    }

    private static void requireIndexes(MemorySegment groupIndex, int columns, int groups) {
        ValueLayout.OfInt littleEndian = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (int column = 0; column < columns; column++) {
            int group = groupIndex.getAtIndex(littleEndian, column);
            if (group < 0 || group >= groups) {
                throw new IllegalArgumentException(
                        "column " + column + " is of group " + group + ", but there are " + groups);
            }
        }
    }

    private static void requireSize(MemorySegment memory, long bytes) {
        if (memory.byteSize() != bytes) {
            throw new IllegalArgumentException("matrix memory has " + memory.byteSize() + " bytes, not " + bytes);
        }
    }
}
