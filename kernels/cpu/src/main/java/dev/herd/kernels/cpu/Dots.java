package dev.herd.kernels.cpu;

import java.util.Arrays;

/**
 * Dot products of floats, summed in double in a stated order that does not depend on how work is split: lane k adds the
 * products k, k + 512, k + 1024, …; then lanes 0, 4, 8, … are added, lanes 1, 5, 9, … and so on, and the four sums last.
 */
final class Dots {
    /*
     * The lanes are what lets the JIT compiler use SIMD: it may not reorder a single running sum, but independent ones
     * need no reordering. They are doubles not only for accuracy: the compiler knows that a double array and a float
     * array are different memory, which it cannot prove of two float arrays, and then it does not vectorise.
     * Passing the length as an argument matters: with a constant one the loop was measured at a third of the speed.
     */
    static final int LANES = 512;

    private Dots() {}

    /**
     * {@code Σ a[aFrom + i] · b[bFrom + i]}, i in {@code [0, length)}.
     *
     * @param lanes scratch of at least {@link #LANES}
     */
    static double dot(float[] a, int aFrom, float[] b, int bFrom, int length, double[] lanes) {
        int width = Math.min(length, LANES);
        Arrays.fill(lanes, 0, width, 0);
        for (int from = 0; from < length; from += LANES) {
            multiplyAdd(lanes, a, aFrom + from, b, bFrom + from, Math.min(LANES, length - from));
        }
        return sum(lanes, width);
    }

    private static void multiplyAdd(double[] lanes, float[] a, int aFrom, float[] b, int bFrom, int length) {
        for (int i = 0; i < length; i++) {
            lanes[i] += (double) a[aFrom + i] * b[bFrom + i];
        }
    }

    /** {@code sums[sumsFrom + i] += factor · x[xFrom + i]}, i in {@code [0, length)}. */
    static void addScaled(double[] sums, int sumsFrom, double factor, float[] x, int xFrom, int length) {
        for (int i = 0; i < length; i++) {
            sums[sumsFrom + i] += factor * x[xFrom + i];
        }
    }

    private static double sum(double[] lanes, int width) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i + 4 <= width; i += 4) {
            sum0 += lanes[i];
            sum1 += lanes[i + 1];
            sum2 += lanes[i + 2];
            sum3 += lanes[i + 3];
        }
        for (; i < width; i++) {
            sum0 += lanes[i];
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }
}
