package dev.herd.kernels.cpu;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.Transposed;
import java.util.Arrays;

/** Matrix products of the scalar kernels. */
final class ScalarMatMul {
    /** Tokens whose inputs are staged at a time, which bounds the scratch memory of long prefill slices. */
    private static final int TOKEN_TILE = 64;

    /** Accumulators of a tile of a transposed product: half the level-2 cache of a small core. */
    private static final int TILE_SUMS = 32 * 1024;

    private static final int LARGEST_ROW_TILE = 1024;

    private ScalarMatMul() {}

    /** Decodes each row once per tile of tokens and takes its dot product with each of them. */
    static void multiplyRows(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        Scratch scratch = Scratch.ofThread();
        int columns = weights.columns();
        float[] row = scratch.row(columns);
        double[] lanes = scratch.lanes();
        for (int fromToken = 0; fromToken < tokens; fromToken += TOKEN_TILE) {
            int count = Math.min(TOKEN_TILE, tokens - fromToken);
            float[] inputs = scratch.inputs(Math.multiplyExact(count, columns));
            x.read((long) fromToken * columns, inputs, 0, count * columns);
            for (int r = fromRow; r < toRow; r++) {
                RowDecoder.decode(weights, r, row, scratch);
                for (int t = 0; t < count; t++) {
                    double sum = Dots.dot(row, 0, inputs, t * columns, columns, lanes);
                    out.set((long) (fromToken + t) * weights.rows() + r, (float) sum);
                }
            }
        }
    }

    /** Walks the inputs outermost, so that memory is read in the order in which it lies. */
    static void multiplyTransposed(Floats out, Floats x, Transposed weights, int tokens, int fromRow, int toRow) {
        Scratch scratch = Scratch.ofThread();
        for (int fromToken = 0; fromToken < tokens; fromToken += TOKEN_TILE) {
            int count = Math.min(TOKEN_TILE, tokens - fromToken);
            int columns = weights.columns();
            float[] inputs = scratch.inputs(Math.multiplyExact(count, columns));
            x.read((long) fromToken * columns, inputs, 0, count * columns);
            int rowTile = Math.min(LARGEST_ROW_TILE, TILE_SUMS / count);
            for (int from = fromRow; from < toRow; from += rowTile) {
                int rows = Math.min(rowTile, toRow - from);
                double[] sums = sumTile(weights, inputs, count, from, rows, scratch);
                for (int t = 0; t < count; t++) {
                    for (int r = 0; r < rows; r++) {
                        out.set((long) (fromToken + t) * weights.rows() + from + r, (float) sums[t * rows + r]);
                    }
                }
            }
        }
    }

    /** {@code [tokens, rows]} sums over all columns, in the order of the columns. */
    private static double[] sumTile(
            Transposed weights, float[] inputs, int tokens, int fromRow, int rows, Scratch scratch) {
        int columns = weights.columns();
        double[] sums = scratch.sums(tokens * rows);
        Arrays.fill(sums, 0, tokens * rows, 0);
        float[] stretch = scratch.row(rows);
        for (int column = 0; column < columns; column++) {
            long element = (long) column * weights.stride() + weights.firstRow() + fromRow;
            RowDecoder.decode(weights.type(), weights.data(), weights.type().bytes(element), stretch, rows, scratch);
            for (int t = 0; t < tokens; t++) {
                Dots.addScaled(sums, t * rows, inputs[t * columns + column], stretch, 0, rows);
            }
        }
        return sums;
    }
}
