package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The shared part of products with many tokens: stretches of 32 columns of 32 rows of weights and of inputs, decoded into
 * local memory. Rows of a tile are 33 floats apart, so that eight items reading eight rows meet no bank conflict.
 */
final class Tile {
    /** Items of a group, eight by eight; each computes four rows of four tokens. */
    static final int GROUP = 64;

    /** Rows of weights, and of inputs, in a tile. */
    static final int ROWS = 32;

    /** Columns that are loaded at a time. */
    private static final int COLUMNS = 32;

    /** Floats from one row of a tile to the next. */
    private static final int STRIDE = 33;

    private static final int UNIT = Weights.UNIT;

    /** Floats of a tile. */
    private static final int SIZE = ROWS * STRIDE;

    /** Stands for inputs that lie one after the other. */
    static final int IN_ORDER = 0;

    private Tile() {}

    /**
     * A tile of {@code out[o, r] (+)= Σ_c x[i, c] · w[matrix * rows + r, c]}: rows {@code [firstRow, firstRow + 32)} of
     * inputs {@code [first, first + 32)}, those up to {@code end}.
     *
     * <p>Twins: those of the kernels that call it.
     *
     * @param out {@code [outputs, rows]}, overwritten, or added to
     * @param x {@code [inputs, columns]}
     * @param w {@code [matrices, rows, columns]} in {@code format}
     * @param order where inputs lie: if {@code perInput} is positive, the n-th one is row {@code order[n] / perInput} of x
     *     and its output row {@code order[n]} of out; if it is {@link #IN_ORDER}, both are row n
     */
    static void multiply(
            KernelContext context,
            FloatArray out,
            FloatArray x,
            IntArray w,
            IntArray order,
            int perInput,
            int format,
            int rows,
            int columns,
            int matrix,
            int firstRow,
            int first,
            int end,
            int adds) {
        float[] weightTile = context.allocateFloatLocalArray(SIZE);
        float[] inputTile = context.allocateFloatLocalArray(SIZE);
        int item = context.localIdx;
        int loads = firstRow + (item >> 1); // the row of weights of which this item loads 16 columns
        int loadsTo = (item >> 1) * STRIDE + UNIT * (item & 1);
        int words = (matrix * rows + loads) * Weights.rowWords(format, columns);
        int a = (item & 7) * STRIDE;
        int b = (item >> 3) * STRIDE;
        float s00 = 0;
        float s01 = 0;
        float s02 = 0;
        float s03 = 0;
        float s10 = 0;
        float s11 = 0;
        float s12 = 0;
        float s13 = 0;
        float s20 = 0;
        float s21 = 0;
        float s22 = 0;
        float s23 = 0;
        float s30 = 0;
        float s31 = 0;
        float s32 = 0;
        float s33 = 0;
        for (int column = 0; column < columns; column += COLUMNS) {
            int unit = column / UNIT + (item & 1);
            int count = 0;
            if (loads < rows) {
                count = TornadoMath.max(0, Weights.count(format, unit, columns));
            }
            if (count > 0) {
                float scale = Weights.scale(w, format, words, unit);
                float offset = Weights.offset(w, format, words, unit);
                for (int i = 0; i < count; i++) {
                    weightTile[loadsTo + i] = scale * Weights.level(w, format, words, unit, i) - offset;
                }
            }
            for (int i = count; i < UNIT; i++) {
                weightTile[loadsTo + i] = 0;
            }
            for (int i = item; i < ROWS * COLUMNS; i += GROUP) {
                int input = first + i / COLUMNS;
                int c = column + i % COLUMNS;
                float value = 0;
                if (input < end && c < columns) {
                    int from = perInput == IN_ORDER ? input : order.get(input) / perInput;
                    value = x.get(from * columns + c);
                }
                inputTile[i / COLUMNS * STRIDE + i % COLUMNS] = value;
            }
            context.localBarrier();
            for (int k = 0; k < COLUMNS; k++) {
                float w0 = weightTile[a + k];
                float w1 = weightTile[a + 8 * STRIDE + k];
                float w2 = weightTile[a + 16 * STRIDE + k];
                float w3 = weightTile[a + 24 * STRIDE + k];
                float x0 = inputTile[b + k];
                float x1 = inputTile[b + 8 * STRIDE + k];
                float x2 = inputTile[b + 16 * STRIDE + k];
                float x3 = inputTile[b + 24 * STRIDE + k];
                s00 += x0 * w0;
                s01 += x0 * w1;
                s02 += x0 * w2;
                s03 += x0 * w3;
                s10 += x1 * w0;
                s11 += x1 * w1;
                s12 += x1 * w2;
                s13 += x1 * w3;
                s20 += x2 * w0;
                s21 += x2 * w1;
                s22 += x2 * w2;
                s23 += x2 * w3;
                s30 += x3 * w0;
                s31 += x3 * w1;
                s32 += x3 * w2;
                s33 += x3 * w3;
            }
            context.localBarrier();
        }
        int row = firstRow + (item & 7);
        int input = first + (item >> 3);
        put(out, order, perInput, input, end, row, rows, adds, s00, s01, s02, s03);
        put(out, order, perInput, input + 8, end, row, rows, adds, s10, s11, s12, s13);
        put(out, order, perInput, input + 16, end, row, rows, adds, s20, s21, s22, s23);
        put(out, order, perInput, input + 24, end, row, rows, adds, s30, s31, s32, s33);
        context.localBarrier();
    }

    private static void put(
            FloatArray out,
            IntArray order,
            int perInput,
            int input,
            int end,
            int row,
            int rows,
            int adds,
            float a,
            float b,
            float c,
            float d) {
        if (input < end) {
            int from = (perInput == IN_ORDER ? input : order.get(input)) * rows;
            put(out, from, row, rows, adds, a);
            put(out, from, row + 8, rows, adds, b);
            put(out, from, row + 16, rows, adds, c);
            put(out, from, row + 24, rows, adds, d);
        }
    }

    private static void put(FloatArray out, int from, int row, int rows, int adds, float value) {
        if (row < rows) {
            float sum = value;
            if (adds == 1) {
                sum += out.get(from + row);
            }
            out.set(from + row, sum);
        }
    }
}
