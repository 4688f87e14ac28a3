package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.WeightMatrix;
import java.util.Optional;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Products and embeddings as {@link DeviceKernels} has them: rows of the host's matrix become one of the device's. */
final class DeviceProducts {
    /** Which kernels. */
    enum Form {
        /** For few tokens, in float. */
        FEW,
        /** For few tokens, with rounded inputs where the matrix is quantised. */
        ROUNDED,
        /** For many tokens and few rows. */
        NARROW,
        /** For many tokens, in float. */
        TILES,
        /** For many tokens, in halves on matrix units where the format is one for these. */
        HALVES
    }

    private final Form form;
    private final Kernels scalar = KernelsSelector.select(Optional.of("scalar")).kernels();

    /** @param form of products, whatever the number of tokens */
    DeviceProducts(Form form) {
        this.form = form;
    }

    void matMul(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        int rows = toRow - fromRow;
        int columns = weights.columns();
        IntArray matrix = pack(weights, fromRow, toRow);
        if (rows == 0 || tokens == 0) {
            return;
        }
        int format = DeviceFormat.of(weights).code();
        FloatArray inputs = DeviceKernels.copy(x, 0, (long) tokens * columns);
        FloatArray products = new FloatArray(tokens * rows);
        IntArray step = Device.step(tokens);
        if (form == Form.ROUNDED && RoundedRows.takes(DeviceFormat.of(weights))) {
            Rounded.matMul(tokens, products, inputs, matrix, DeviceFormat.of(weights), rows, columns);
        } else if (form == Form.HALVES && ProductCalls.isForHalves(DeviceFormat.of(weights), columns)) {
            HalfProducts.matMul(step, products, inputs, matrix, format, rows, columns, 0);
        } else if (form == Form.NARROW) {
            Device.run(KernelCall.of(
                    "NarrowMatMul.matMul",
                    bucket -> NarrowMatMul.grid(rows, tokens + 5),
                    NarrowMatMul::matMul,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0));
        } else if (form != Form.FEW && form != Form.ROUNDED) {
            Device.run(KernelCall.of(
                    "MatMul.matMul",
                    bucket -> MatMul.grid(rows, tokens + 5),
                    MatMul::matMul,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0,
                    0));
        } else {
            Device.run(KernelCall.of(
                    "MatVec.matVec",
                    bucket -> MatVec.grid(rows),
                    MatVec::matVec,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0,
                    0));
        }
        for (int token = 0; token < tokens; token++) {
            DeviceKernels.put(out, (long) token * weights.rows() + fromRow, products, token * rows, rows);
        }
    }

    private IntArray pack(WeightMatrix weights, int fromRow, int toRow) {
        DeviceFormat format = DeviceFormat.of(weights);
        int words = (toRow - fromRow) * format.rowWords(weights.columns());
        IntArray matrix = new IntArray(words + 1);
        DeviceWeights.pack(matrix.getSegment(), -fromRow, weights, fromRow, toRow, scalar);
        HalfProducts.range(matrix, format, weights.columns(), toRow - fromRow);
        return matrix;
    }

    void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        int columns = weights.columns();
        int format = DeviceFormat.of(weights).code();
        IntArray step = Device.step(1);
        IntArray places = new IntArray(Step.PLACE);
        places.set(Step.TOKEN_ID, row);
        places.set(Step.IMAGE_ROW, -1);
        IntArray table = pack(weights, 0, weights.rows());
        FloatArray hidden = new FloatArray(columns);
        FloatArray images = new FloatArray(1);
        Device.run(KernelCall.of(
                "Embedding.embed",
                bucket -> Embedding.grid(2),
                Embedding::embed,
                step,
                places,
                hidden,
                table,
                images,
                format,
                columns));
        DeviceKernels.put(out, outFrom, hidden, 0, columns);
    }
}
