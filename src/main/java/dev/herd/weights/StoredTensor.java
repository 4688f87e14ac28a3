package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A tensor where it lies in a checkpoint file.
 *
 * @param file the file as messages name it
 * @param typeName the file's own name of the encoding
 * @param type the encoding, or empty if the file's is one that Herd only lists
 * @param shape slowest dimension first, in both formats
 * @param data exactly the tensor's bytes
 */
record StoredTensor(
        String file, String name, String typeName, Optional<TensorType> type, List<Long> shape, MemorySegment data) {
    StoredTensor {
        shape = List.copyOf(shape);
    }

    /** A complaint about this tensor: {@code FILE: tensor 'NAME' PROBLEM}. */
    CheckpointException error(String problem) {
        return error(file, name, problem);
    }

    /** A complaint about a tensor that cannot be made a {@link StoredTensor}. */
    static CheckpointException error(String file, String name, String problem) {
        return new CheckpointException(file + ": tensor '" + name + "' " + problem);
    }

    /** The encoding of the tensor's numbers, refusing encodings that hold no weights. */
    TensorType weightType() {
        TensorType known = type.orElseThrow(() -> error("has type " + typeName + ", which Herd does not compute with"));
        return switch (known) {
            case I8, I16, I32, I64, F64 -> throw error("has type " + typeName + ", which Herd does not compute with");
            default -> known;
        };
    }

    /** Refuses every shape but {@code expected}; slowest dimensions of 1 may be left out. */
    void requireShape(long... expected) {
        List<Long> wanted = Arrays.stream(expected).boxed().toList();
        if (!significant(shape).equals(significant(wanted))) {
            throw error("has shape " + shape + " instead of " + wanted);
        }
    }

    /** This tensor as a matrix of {@code [rows, columns]}, row after row. */
    WeightMatrix matrix(int rows, int columns) {
        requireShape(rows, columns);
        TensorType plain = unscaledType();
        requireWholeGroups(plain, columns);
        return new WeightMatrix.RowMajor(plain, data, rows, columns);
    }

    /** This tensor of {@code [count, rows, columns]} as {@code count} matrices. */
    List<WeightMatrix> matrices(int count, int rows, int columns) {
        requireShape(count, rows, columns);
        TensorType plain = unscaledType();
        requireWholeGroups(plain, columns);
        long bytes = plain.bytes(columns) * rows;
        List<WeightMatrix> matrices = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            matrices.add(new WeightMatrix.RowMajor(plain, data.asSlice(i * bytes, bytes), rows, columns));
        }
        return matrices;
    }

    /** A copy of this tensor of {@code [size]} as floats. */
    Floats floats(int size) {
        requireShape(size);
        TensorType plain = unscaledType();
        requireWholeGroups(plain, size);
        float[] values = new float[size];
        QuantFormats.dequantize(plain, data, 0, values, 0, size);
        return Floats.copyOf(values);
    }

    /** A copy of all of this tensor's numbers as floats, row after row. */
    Floats flat() {
        int size = Math.toIntExact(shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact));
        float[] values = new float[size];
        QuantFormats.dequantize(unscaledType(), data, 0, values, 0, size);
        return Floats.copyOf(values);
    }

    /** The encoding, refusing FP8 too: its numbers mean nothing without the scales that lie beside it. */
    TensorType unscaledType() {
        TensorType known = weightType();
        if (known == TensorType.F8_E4M3) {
            throw error("has type " + typeName + " without scales");
        }
        return known;
    }

    private void requireWholeGroups(TensorType plain, int columns) {
        if (columns % plain.quantGroupSize() != 0) {
            throw error("has rows of " + columns + " elements, no multiple of " + plain + "'s group of "
                    + plain.quantGroupSize());
        }
    }

    private static List<Long> significant(List<Long> dimensions) {
        int first = 0;
        while (first < dimensions.size() - 1 && dimensions.get(first) == 1) {
            first++;
        }
        return dimensions.subList(first, dimensions.size());
    }
}
