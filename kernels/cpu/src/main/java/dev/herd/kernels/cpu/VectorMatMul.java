package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.LANES;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;

/**
 * Matrix products of the vector kernels, in 32-bit floats throughout: weights are decoded, inputs are not rounded.
 *
 * <p>A few tokens: every row is decoded a stretch at a time into the level-1 cache and multiplied with each token as a dot
 * product. Many tokens: a stretch of columns of all inputs is laid out with tokens across lanes, once for a few hundred
 * rows; rows are decoded into a panel and each of their elements is broadcast to a vector of tokens. A transposed matrix
 * takes the opposite roles, since its rows already lie across lanes.
 */
final class VectorMatMul {
    /** Up to so many tokens are multiplied by dot products. */
    private static final int FEW = 4;

    /** Columns that are decoded at a time; a multiple of every quantised group. */
    private static final int STRETCH = 512;

    /** Columns of a tile: with two vectors of tokens each, half a level-1 cache. */
    private static final int TILE_COLUMNS = 256;

    private static final int PANEL_ROWS = 32;
    private static final int MOST_ROWS = 512;
    private static final int MOST_TOKENS = 256;

    /** Spare bytes between rows of a panel, so that they do not compete for the same lines of a cache. */
    private static final int PADDING = 64;

    private static final long PANEL_STRIDE = 4L * STRETCH + PADDING;

    private VectorMatMul() {}

    /** All arguments have been checked. */
    static void multiply(long out, long x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        if (weights instanceof Transposed transposed) {
            multiplyTransposed(out, x, transposed, tokens, fromRow, toRow);
        } else if (tokens == 1 && weights instanceof RowMajor matrix && VectorDots.supports(matrix.type())) {
            multiplyOne(out, x, matrix, fromRow, toRow);
        } else if (tokens <= FEW) {
            multiplyFew(out, x, weights, tokens, fromRow, toRow);
        } else {
            for (int row = fromRow; row < toRow; row += MOST_ROWS) {
                int rows = Math.min(MOST_ROWS, toRow - row);
                for (int token = 0; token < tokens; token += MOST_TOKENS) {
                    int count = Math.min(MOST_TOKENS, tokens - token);
                    Many.of(weights, count, row, rows).multiply(out, x, token);
                }
            }
        }
    }

    /** One token and a format whose levels need not be decoded first. */
    private static void multiplyOne(long out, long x, RowMajor weights, int fromRow, int toRow) {
        VectorScratch scratch = VectorScratch.ofThread();
        int columns = weights.columns();
        long working = scratch.working(VectorDots.scratchBytes(columns));
        long source = weights.data().address() + weights.rowBytes() * fromRow;
        VectorDots.multiply(weights.type(), out + 4L * fromRow, source, toRow - fromRow, x, columns, working);
    }

    private static void multiplyFew(long out, long x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        VectorScratch scratch = VectorScratch.ofThread();
        int columns = weights.columns();
        long decoded = scratch.working(4L * STRETCH + BYTES);
        long sums = scratch.sums();
        for (int row = fromRow; row < toRow; row++) {
            for (int token = 0; token < tokens; token++) {
                VectorLanes.putFloat(sums + 4L * token, 0);
            }
            for (int column = 0; column < columns; column += STRETCH) {
                int count = Math.min(STRETCH, columns - column);
                long stretch = stretch(weights, row, column, count, decoded, scratch.steps());
                multiplyStretch(sums, stretch, x + 4L * column, 4L * columns, tokens, count);
            }
            for (int token = 0; token < tokens; token++) {
                float sum = VectorLanes.floatAt(sums + 4L * token);
                VectorLanes.putFloat(out + 4L * ((long) token * weights.rows() + row), sum);
            }
        }
    }

    /** Where {@code count} elements of a row lie as floats: in the matrix itself, or decoded. */
    private static long stretch(WeightMatrix weights, int row, int from, int count, long decoded, long steps) {
        if (weights instanceof RowMajor matrix && matrix.type() == TensorType.F32) {
            return matrix.data().address() + matrix.rowBytes() * row + 4L * from;
        }
        VectorRows.decode(weights, row, from, count, decoded, steps);
        return decoded;
    }

    private static void multiplyStretch(long sums, long stretch, long x, long xStride, int tokens, int count) {
        if (tokens == FEW) {
            VectorTile.dot4(stretch, x, xStride, count, sums);
            return;
        }
        for (int token = 0; token < tokens; token++) {
            float sum = VectorLanes.floatAt(sums + 4L * token);
            VectorLanes.putFloat(sums + 4L * token, sum + VectorTile.dot(stretch, x + xStride * token, count));
        }
    }

    /**
     * The product of some rows with many tokens. All of its memory is scratch of the thread.
     *
     * @param width tokens, rounded up to whole vectors
     * @param inputs {@code [width / pair][columns of the stretch][pair]}: pairs of vectors, the last perhaps a single one
     * @param panel {@code [PANEL_ROWS]} rows of a stretch
     * @param sums {@code [rows rounded up][width]}
     */
    private record Many(
            WeightMatrix weights,
            int tokens,
            int firstRow,
            int rows,
            int width,
            long inputs,
            long panel,
            long sums,
            long steps) {
        private static final int PAIR = 2 * LANES;

        static Many of(WeightMatrix weights, int tokens, int firstRow, int rows) {
            int width = (tokens + LANES - 1) / LANES * LANES;
            int paddedRows = (rows + PANEL_ROWS - 1) / PANEL_ROWS * PANEL_ROWS;
            long inputBytes = 4L * width * STRETCH;
            long panelBytes = PANEL_ROWS * PANEL_STRIDE;
            VectorScratch scratch = VectorScratch.ofThread();
            long inputs = scratch.working(inputBytes + panelBytes + 4L * paddedRows * width);
            long panel = inputs + inputBytes;
            long sums = panel + panelBytes;
            VectorLanes.fillZero(sums, 4L * paddedRows * width);
            return new Many(weights, tokens, firstRow, rows, width, inputs, panel, sums, scratch.steps());
        }

        void multiply(long out, long x, int firstToken) {
            int columns = weights.columns();
            for (int column = 0; column < columns; column += STRETCH) {
                int count = Math.min(STRETCH, columns - column);
                layOut(x + 4L * ((long) firstToken * columns + column), 4L * columns, count);
                for (int row = 0; row < rows; row += PANEL_ROWS) {
                    int height = fillPanel(row, column, count);
                    for (int token = 0; token < width; token += PAIR) {
                        multiplyPanel(row, height, token, count);
                    }
                }
            }
            for (int token = 0; token < tokens; token++) {
                long target = out + 4L * ((long) (firstToken + token) * weights.rows() + firstRow);
                VectorTranspose.column(sums + 4L * token, 4L * width, target, rows);
            }
        }

        /** Decodes up to {@link #PANEL_ROWS} rows and tells how many; rows of zeros fill up the last tile. */
        private int fillPanel(int row, int column, int count) {
            int height = Math.min(PANEL_ROWS, rows - row);
            for (int i = 0; i < height; i++) {
                VectorRows.decode(weights, firstRow + row + i, column, count, panel + PANEL_STRIDE * i, steps);
            }
            for (int i = height; i % VectorTile.ROWS != 0; i++) {
                VectorLanes.fillZero(panel + PANEL_STRIDE * i, 4L * count);
            }
            return height;
        }

        private void multiplyPanel(int row, int height, int token, int count) {
            boolean isPair = token + LANES < width;
            long stride = isPair ? 2L * BYTES : BYTES;
            long pair = inputs + 4L * token * count;
            for (int from = 0; from < count; from += TILE_COLUMNS) {
                int length = Math.min(TILE_COLUMNS, count - from);
                long b = pair + stride * from;
                for (int i = 0; i < height; i += VectorTile.ROWS) {
                    long a = panel + PANEL_STRIDE * i + 4L * from;
                    long target = sums + 4L * ((long) (row + i) * width + token);
                    if (isPair) {
                        VectorTile.multiply4x2(a, a + 4L * length, PANEL_STRIDE, b, stride, target, 4L * width);
                    } else {
                        VectorTile.multiply4x1(a, a + 4L * length, PANEL_STRIDE, b, stride, target, 4L * width);
                    }
                }
            }
        }

        /** Lays out columns of the inputs with tokens across lanes; tokens that there are not are zeros. */
        private void layOut(long x, long xStride, int count) {
            for (int token = 0; token < width; token += PAIR) {
                int lanes = Math.min(PAIR, width - token);
                long target = inputs + 4L * token * count;
                int given = Math.min(lanes, tokens - token);
                if (given < lanes) {
                    VectorLanes.fillZero(target, 4L * lanes * count);
                }
                VectorTranspose.rows(x + xStride * token, xStride, given, count, target, 4L * lanes);
            }
        }
    }

    /** Rows across lanes: columns of the matrix are decoded, {@link #MOST_ROWS} rows of them at a time. */
    private static void multiplyTransposed(long out, long x, Transposed weights, int tokens, int fromRow, int toRow) {
        for (int row = fromRow; row < toRow; row += MOST_ROWS) {
            int rows = Math.min(MOST_ROWS, toRow - row);
            if (tokens <= FEW) {
                addColumns(out, x, weights, tokens, row, rows);
            } else {
                for (int token = 0; token < tokens; token += MOST_TOKENS) {
                    int count = Math.min(MOST_TOKENS, tokens - token);
                    multiplyColumns(out, x, weights, token, count, row, rows);
                }
            }
        }
    }

    private static long columnAddress(Transposed weights, int column, int row) {
        long element = (long) column * weights.stride() + weights.firstRow() + row;
        return weights.data().address() + weights.type().bytes(element);
    }

    /** Four columns at a time are scaled by their inputs and added up in the output. */
    private static void addColumns(long out, long x, Transposed weights, int tokens, int firstRow, int rows) {
        VectorScratch scratch = VectorScratch.ofThread();
        long stride = 4L * MOST_ROWS + PADDING;
        long decoded = scratch.working(4 * stride);
        long factors = scratch.sums();
        int columns = weights.columns();
        for (int token = 0; token < tokens; token++) {
            VectorLanes.fillZero(out + 4L * ((long) token * weights.rows() + firstRow), 4L * rows);
        }
        for (int column = 0; column < columns; column += 4) {
            int given = Math.min(4, columns - column);
            for (int i = 0; i < 4; i++) {
                long source = columnAddress(weights, column + Math.min(i, given - 1), firstRow);
                VectorRows.decode(weights.type(), source, decoded + stride * i, rows, scratch.steps());
            }
            for (int token = 0; token < tokens; token++) {
                for (int i = 0; i < 4; i++) {
                    float factor = i < given ? VectorLanes.floatAt(x + 4L * ((long) token * columns + column + i)) : 0;
                    VectorLanes.putFloat(factors + 4L * i, factor);
                }
                long target = out + 4L * ((long) token * weights.rows() + firstRow);
                VectorTile.addScaled4(target, factors, decoded, stride, rows);
            }
        }
    }

    /** Inputs of four tokens are broadcast to two vectors of rows. */
    private static void multiplyColumns(
            long out, long x, Transposed weights, int firstToken, int tokens, int firstRow, int rows) {
        int columns = weights.columns();
        int width = (rows + 2 * LANES - 1) / (2 * LANES) * 2 * LANES;
        int height = (tokens + VectorTile.ROWS - 1) / VectorTile.ROWS * VectorTile.ROWS;
        VectorScratch scratch = VectorScratch.ofThread();
        long inputs = scratch.working(4L * (height + width) * TILE_COLUMNS + 4L * height * width);
        long panel = inputs + 4L * height * TILE_COLUMNS;
        long sums = panel + 4L * width * TILE_COLUMNS;
        VectorLanes.fillZero(inputs, sums - inputs + 4L * height * width);
        for (int column = 0; column < columns; column += TILE_COLUMNS) {
            int count = Math.min(TILE_COLUMNS, columns - column);
            for (int token = 0; token < tokens; token++) {
                long source = x + 4L * ((long) (firstToken + token) * columns + column);
                VectorLanes.copy(source, inputs + 4L * token * TILE_COLUMNS, 4L * count);
            }
            for (int i = 0; i < count; i++) {
                long source = columnAddress(weights, column + i, firstRow);
                VectorRows.decode(weights.type(), source, panel + 4L * i * width, rows, scratch.steps());
            }
            multiplyTiles(inputs, height, panel, width, count, sums);
        }
        for (int token = 0; token < tokens; token++) {
            long target = out + 4L * ((long) (firstToken + token) * weights.rows() + firstRow);
            VectorLanes.copy(sums + 4L * token * width, target, 4L * rows);
        }
    }

    private static void multiplyTiles(long inputs, int height, long panel, int width, int count, long sums) {
        for (int row = 0; row < width; row += 2 * LANES) {
            for (int token = 0; token < height; token += VectorTile.ROWS) {
                long a = inputs + 4L * token * TILE_COLUMNS;
                long target = sums + 4L * ((long) token * width + row);
                VectorTile.multiply4x2(
                        a, a + 4L * count, 4L * TILE_COLUMNS, panel + 4L * row, 4L * width, target, 4L * width);
            }
        }
    }
}
