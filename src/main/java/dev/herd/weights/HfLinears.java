package dev.herd.weights;

import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The linear layers of a Hugging Face checkpoint. Which encoding a layer has is told by the tensors that are there, layer
 * by layer: {@code .weight} alone, {@code .weight} in FP8 with {@code .weight_scale}, or {@code .weight_packed} of
 * compressed-tensors.
 *
 * @param tensors all tensors of the checkpoint
 */
record HfLinears(TensorSet tensors) {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The {@code [rows, columns]} matrix of the layer called {@code name}, without {@code .weight}. */
    WeightMatrix linear(String name, int rows, int columns) {
        Optional<StoredTensor> packed = tensors.find(name + ".weight_packed");
        if (packed.isPresent()) {
            return int4(name, packed.get(), rows, columns);
        }
        StoredTensor weight = tensors.require(name + ".weight");
        return weight.weightType() == TensorType.F8_E4M3
                ? fp8(name, weight, rows, columns)
                : weight.matrix(rows, columns);
    }

    /**
     * The experts of a fused tensor {@code [experts, columns, stride]}, stored input by input, as views of
     * {@code rows} outputs from {@code firstRow}.
     */
    static List<WeightMatrix> fused(StoredTensor tensor, FusedShape shape, int firstRow, int rows) {
        tensor.requireShape(shape.experts(), shape.columns(), shape.stride());
        TensorType type = tensor.unscaledType();
        long bytes = type.bytes((long) shape.columns() * shape.stride());
        List<WeightMatrix> experts = new ArrayList<>(shape.experts());
        for (int expert = 0; expert < shape.experts(); expert++) {
            MemorySegment data = tensor.data().asSlice(expert * bytes, bytes);
            experts.add(new WeightMatrix.Transposed(type, data, rows, shape.columns(), shape.stride(), firstRow));
        }
        return experts;
    }

    /** Shape of a fused tensor. */
    record FusedShape(int experts, int columns, int stride) {}

    private WeightMatrix fp8(String name, StoredTensor weight, int rows, int columns) {
        weight.requireShape(rows, columns);
        StoredTensor scale = tensors.require(name + ".weight_scale");
        TensorType type = scaleType(scale);
        if (elements(scale) == 1 && rows != 1) {
            return new WeightMatrix.Fp8(weight.data(), TensorType.F32, repeated(scale, rows), rows, columns);
        }
        if (elements(scale) != rows || scale.shape().getFirst() != rows) {
            throw scale.error("has shape " + scale.shape() + " instead of [" + rows + ", 1], one scale per row");
        }
        return new WeightMatrix.Fp8(weight.data(), type, scale.data(), rows, columns);
    }

    /** One scale for the whole matrix, as one scale per row. */
    private static MemorySegment repeated(StoredTensor scale, int rows) {
        float[] value = new float[1];
        QuantFormats.dequantize(scaleType(scale), scale.data(), 0, value, 0, 1);
        MemorySegment scales = Arena.ofAuto().allocate((long) Float.BYTES * rows, Float.BYTES);
        for (int row = 0; row < rows; row++) {
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, value[0]);
        }
        return scales;
    }

    private WeightMatrix int4(String name, StoredTensor packed, int rows, int columns) {
        requireStatedShape(name, rows, columns);
        requireInt32(packed, rows, WeightMatrix.Int4.wordsPerRow(columns));
        StoredTensor scale = tensors.require(name + ".weight_scale");
        long groupCount = elements(scale) / rows;
        if (groupCount < 1 || groupCount > columns || elements(scale) % rows != 0) {
            throw scale.error("has shape " + scale.shape() + " instead of [" + rows + ", groups]");
        }
        int groups = (int) groupCount;
        scale.requireShape(rows, groups);
        MemorySegment groupIndex = groupIndex(name, groups, columns);
        if (groupIndex == null && columns % groups != 0) {
            throw scale.error("has " + groups + " groups for " + columns + " columns, which they do not divide");
        }
        MemorySegment zeroPoints = tensors.find(name + ".weight_zero_point")
                .map(zeros -> requireInt32(zeros, (rows + 7) / 8, groups))
                .orElse(null);
        return new WeightMatrix.Int4(
                packed.data(), scaleType(scale), scale.data(), groups, zeroPoints, groupIndex, rows, columns);
    }

    private void requireStatedShape(String name, int rows, int columns) {
        Optional<StoredTensor> tensor = tensors.find(name + ".weight_shape");
        if (tensor.isEmpty()) {
            return;
        }
        StoredTensor shape = tensor.get();
        shape.requireShape(2);
        long[] stated = new long[2];
        for (int i = 0; i < 2; i++) {
            stated[i] = switch (shape.typeName()) {
                case "I64" -> shape.data().getAtIndex(I64, i);
                case "I32" -> shape.data().getAtIndex(I32, i);
                default -> throw shape.error("has type " + shape.typeName() + " instead of I64");
            };
        }
        if (stated[0] != rows || stated[1] != columns) {
            throw shape.error("is [" + stated[0] + ", " + stated[1] + "] instead of [" + rows + ", " + columns + "]");
        }
    }

    private @Nullable MemorySegment groupIndex(String name, int groups, int columns) {
        Optional<StoredTensor> tensor = tensors.find(name + ".weight_g_idx");
        if (tensor.isEmpty()) {
            return null;
        }
        MemorySegment indices = requireInt32(tensor.get(), columns);
        for (int column = 0; column < columns; column++) {
            int group = indices.getAtIndex(I32, column);
            if (group == -1) {
                return null; // compressed-tensors' sign that the indices were never set: groups are consecutive
            }
            if (group < 0 || group >= groups) {
                throw tensor.get().error("names group " + group + " of " + groups + " for column " + column);
            }
        }
        return indices;
    }

    private static MemorySegment requireInt32(StoredTensor tensor, long... shape) {
        if (!tensor.typeName().equals("I32")) {
            throw tensor.error("has type " + tensor.typeName() + " instead of I32");
        }
        tensor.requireShape(shape);
        return tensor.data();
    }

    private static TensorType scaleType(StoredTensor scale) {
        TensorType type = scale.weightType();
        return switch (type) {
            case F32, F16, BF16 -> type;
            default -> throw scale.error("has type " + scale.typeName() + " instead of F32, F16 or BF16");
        };
    }

    private static long elements(StoredTensor tensor) {
        return tensor.shape().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }
}
