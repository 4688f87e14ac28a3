package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.floatAt;
import static dev.herd.kernels.cpu.VectorLanes.putFloat;

/** Floats turned from rows into columns, all memory given by addresses and strides in bytes. */
final class VectorTranspose {
    /** Columns that are turned before the next row is read, so that their lines stay in the level-1 cache. */
    private static final int STRIPE = 16;

    private VectorTranspose() {}

    /** {@code target[c][r] = source[r][c]} for {@code rows} rows of {@code columns} columns. */
    static void rows(long source, long sourceStride, int rows, int columns, long target, long targetStride) {
        for (int column = 0; column < columns; column += STRIPE) {
            int count = Math.min(STRIPE, columns - column);
            for (int row = 0; row < rows; row++) {
                long from = source + sourceStride * row + 4L * column;
                column(from, 4, target + targetStride * column + 4L * row, targetStride, count);
            }
        }
    }

    /** Gathers {@code count} floats that lie {@code stride} bytes apart. */
    static void column(long source, long stride, long target, int count) {
        column(source, stride, target, 4, count);
    }

    private static void column(long source, long sourceStride, long target, long targetStride, int count) {
        for (int i = 0; i < count; i++) {
            putFloat(target + targetStride * i, floatAt(source + sourceStride * i));
        }
    }
}
