package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rows rounded on the device, and what they are read back: the layout of {@link RoundedInputs} written down a second time.
 *
 * @param first the tile where they begin
 */
record Rounded(IntArray levels, FloatArray factors, int first, int columns) {
    /** Arrays for that many rows behind {@code first} tiles of something else. */
    static Rounded empty(int rows, int columns, int first) {
        int tiles = first + rows * Math.ceilDiv(columns, 1024);
        IntArray levels = new IntArray(tiles * 256);
        FloatArray factors = new FloatArray(tiles * 64);
        levels.init(0x7F7F7F7F);
        factors.init(Float.NaN);
        return new Rounded(levels, factors, first, columns);
    }

    static Rounded of(FloatArray x, int rows, int columns) {
        return of(x, rows, columns, 0);
    }

    static Rounded of(FloatArray x, int rows, int columns, int first) {
        Rounded rounded = empty(rows, columns, first);
        Device.run(KernelCall.of(
                "RoundedInputs.roundRows",
                bucket -> RoundedInputs.grid(rows + 1, columns),
                RoundedInputs::roundRows,
                Device.step(rows),
                rounded.levels,
                rounded.factors,
                x,
                first,
                columns,
                Step.TOKENS,
                1));
        return rounded;
    }

    private int tile(int row, int column) {
        return first + row * Math.ceilDiv(columns, 1024) + column / 1024;
    }

    int level(int row, int column) {
        int word = column % 64 / 16 * 64 + column % 1024 / 64 * 4 + column % 16 / 4;
        return (byte) (levels.get(tile(row, column) * 256 + word) >> (8 * (column % 4)));
    }

    /** Scale of the column's run. */
    float scale(int row, int column) {
        return factor(row, column, 0);
    }

    /** Scale times the sum of the run's levels. */
    float sum(int row, int column) {
        return factor(row, column, 2);
    }

    private float factor(int row, int column, int kind) {
        int k = kind + column / 32 % 2;
        return factors.get(tile(row, column) * 64 + column % 1024 / 64 * 4 + k);
    }

    /** What products see of an input. */
    double value(int row, int column) {
        return (double) scale(row, column) * level(row, column);
    }

    /** Products for few tokens of matrices that are quantised, and so of rounded inputs. */
    static void matMul(
            int tokens, FloatArray out, FloatArray x, IntArray matrix, DeviceFormat format, int rows, int columns) {
        Rounded inputs = columns == 0 ? empty(tokens, 0, 0) : of(x, tokens, columns);
        int tiles = RoundedInputs.tiles(columns);
        for (int from = 0; from < tokens; from += RoundedRows.TOKENS) {
            int count = Math.min(RoundedRows.TOKENS, tokens - from);
            FloatArray some = new FloatArray(count * rows);
            matVec(count, some, inputs, from * tiles, matrix, format, rows, 0);
            for (int i = 0; i < count * rows; i++) {
                out.set(from * rows + i, some.get(i));
            }
        }
    }

    static void matVec(
            int tokens,
            FloatArray out,
            Rounded inputs,
            int first,
            IntArray matrix,
            DeviceFormat format,
            int rows,
            int adds) {
        Device.run(KernelCall.of(
                "RoundedProducts.matVec",
                bucket -> RoundedProducts.grid(rows),
                RoundedProducts::matVec,
                Device.step(tokens),
                out,
                inputs.levels,
                inputs.factors,
                matrix,
                format.code(),
                first,
                rows,
                inputs.columns,
                Step.TOKENS,
                adds));
    }
}
