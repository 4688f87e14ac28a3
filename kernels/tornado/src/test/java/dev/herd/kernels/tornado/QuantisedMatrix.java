package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** A random matrix, on the device and in floats. */
final class QuantisedMatrix {
    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();

    final DeviceFormat format;
    final IntArray words;
    private final float[] values;
    private final int columns;

    QuantisedMatrix(Random random, TensorType type, int rows, int columns) {
        this.columns = columns;
        float[] some = ExpertsTest.floats(random, rows * columns, 0.1).toHeapArray();
        MemorySegment data = Arena.ofAuto().allocate(type.bytes(some.length));
        QuantFormats.quantize(type, some, 0, some.length, data, 0);
        RowMajor matrix = new RowMajor(type, data, rows, columns);
        format = DeviceFormat.of(matrix);
        words = new IntArray(rows * format.rowWords(columns));
        DeviceWeights.pack(words.getSegment(), 0, matrix, 0, rows, SCALAR);
        Floats decoded = Floats.allocate(Arena.ofAuto(), (long) rows * columns);
        for (int row = 0; row < rows; row++) {
            SCALAR.dequantizeRow(decoded, (long) row * columns, matrix, row);
        }
        values = decoded.toArray(0, rows * columns);
    }

    /** A row's product with the inputs of a token, in double. */
    double dot(int row, Rounded x, int token) {
        double sum = 0;
        for (int c = 0; c < columns; c++) {
            sum += values[row * columns + c] * x.value(token, c);
        }
        return sum;
    }

    /** The sum of that product's absolute values. */
    double magnitude(int row, Rounded x, int token) {
        double sum = 0;
        for (int c = 0; c < columns; c++) {
            sum += Math.abs(values[row * columns + c] * x.value(token, c));
        }
        return sum;
    }
}
