package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcastAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.store;
import static dev.herd.kernels.cpu.VectorLanes.zero;

import jdk.incubator.vector.FloatVector;

/** The innermost loops of products of floats, all memory given by addresses. */
final class VectorTile {
    /*
     * How these are written is dictated by C2 (JDK 25; docs/perf):
     * - Beyond some forty vector operations in a method it stops inlining and boxes every vector, at a tenth of the speed.
     *   So a tile is four by two vectors and not larger; that also fits sixteen registers, and eight sums are what hides
     *   the latency of two multiply-add units.
     * - It unrolls loops that count ints, hoists the loads and then spills. A loop that ends when an address is reached
     *   is left as it is.
     */

    /** Rows of a tile. */
    static final int ROWS = 4;

    private VectorTile() {}

    /**
     * {@code sums[i][j] += Σ_k a[i][k] · b[k][j]} for four rows i and two vectors of columns j.
     *
     * @param a floats, rows {@code aStride} bytes apart
     * @param aEnd where the first row ends
     * @param b rows of at least two vectors, {@code bStride} bytes apart
     * @param sums rows {@code sumsStride} bytes apart
     */
    static void multiply4x2(long a, long aEnd, long aStride, long b, long bStride, long sums, long sumsStride) {
        FloatVector sum00 = load(sums);
        FloatVector sum01 = load(sums + BYTES);
        FloatVector sum10 = load(sums + sumsStride);
        FloatVector sum11 = load(sums + sumsStride + BYTES);
        FloatVector sum20 = load(sums + 2 * sumsStride);
        FloatVector sum21 = load(sums + 2 * sumsStride + BYTES);
        FloatVector sum30 = load(sums + 3 * sumsStride);
        FloatVector sum31 = load(sums + 3 * sumsStride + BYTES);
        for (; a != aEnd; a += Float.BYTES, b += bStride) {
            FloatVector b0 = load(b);
            FloatVector b1 = load(b + BYTES);
            FloatVector factor = broadcastAt(a);
            sum00 = b0.fma(factor, sum00);
            sum01 = b1.fma(factor, sum01);
            factor = broadcastAt(a + aStride);
            sum10 = b0.fma(factor, sum10);
            sum11 = b1.fma(factor, sum11);
            factor = broadcastAt(a + 2 * aStride);
            sum20 = b0.fma(factor, sum20);
            sum21 = b1.fma(factor, sum21);
            factor = broadcastAt(a + 3 * aStride);
            sum30 = b0.fma(factor, sum30);
            sum31 = b1.fma(factor, sum31);
        }
        store(sum00, sums);
        store(sum01, sums + BYTES);
        store(sum10, sums + sumsStride);
        store(sum11, sums + sumsStride + BYTES);
        store(sum20, sums + 2 * sumsStride);
        store(sum21, sums + 2 * sumsStride + BYTES);
        store(sum30, sums + 3 * sumsStride);
        store(sum31, sums + 3 * sumsStride + BYTES);
    }

    /** The same for four rows and one vector of columns. */
    static void multiply4x1(long a, long aEnd, long aStride, long b, long bStride, long sums, long sumsStride) {
        FloatVector sum0 = load(sums);
        FloatVector sum1 = load(sums + sumsStride);
        FloatVector sum2 = load(sums + 2 * sumsStride);
        FloatVector sum3 = load(sums + 3 * sumsStride);
        for (; a != aEnd; a += Float.BYTES, b += bStride) {
            FloatVector b0 = load(b);
            sum0 = b0.fma(broadcastAt(a), sum0);
            sum1 = b0.fma(broadcastAt(a + aStride), sum1);
            sum2 = b0.fma(broadcastAt(a + 2 * aStride), sum2);
            sum3 = b0.fma(broadcastAt(a + 3 * aStride), sum3);
        }
        store(sum0, sums);
        store(sum1, sums + sumsStride);
        store(sum2, sums + 2 * sumsStride);
        store(sum3, sums + 3 * sumsStride);
    }

    /** {@code Σ a[i] · b[i]} over {@code count} floats. */
    static float dot(long a, long b, int count) {
        FloatVector sum0 = zero();
        FloatVector sum1 = zero();
        FloatVector sum2 = zero();
        FloatVector sum3 = zero();
        long end = a + (long) Float.BYTES * (count - count % (4 * LANES));
        for (; a != end; a += 4L * BYTES, b += 4L * BYTES) {
            sum0 = load(a).fma(load(b), sum0);
            sum1 = load(a + BYTES).fma(load(b + BYTES), sum1);
            sum2 = load(a + 2L * BYTES).fma(load(b + 2L * BYTES), sum2);
            sum3 = load(a + 3L * BYTES).fma(load(b + 3L * BYTES), sum3);
        }
        end += (long) Float.BYTES * (count % (4 * LANES) - count % LANES);
        for (; a != end; a += BYTES, b += BYTES) {
            sum0 = load(a).fma(load(b), sum0);
        }
        float sum = VectorLanes.sum(sum0.add(sum1).add(sum2.add(sum3)));
        end += (long) Float.BYTES * (count % LANES);
        for (; a != end; a += Float.BYTES, b += Float.BYTES) {
            sum += VectorLanes.floatAt(a) * VectorLanes.floatAt(b);
        }
        return sum;
    }

    /**
     * {@code sums[t] += Σ a[i] · b[t][i]} for four rows of b, {@code bStride} bytes apart, whose loads of a are shared.
     *
     * @param sums four floats
     */
    static void dot4(long a, long b, long bStride, int count, long sums) {
        FloatVector sum0 = zero();
        FloatVector sum1 = zero();
        FloatVector sum2 = zero();
        FloatVector sum3 = zero();
        long end = a + (long) Float.BYTES * (count - count % LANES);
        for (; a != end; a += BYTES, b += BYTES) {
            FloatVector shared = load(a);
            sum0 = shared.fma(load(b), sum0);
            sum1 = shared.fma(load(b + bStride), sum1);
            sum2 = shared.fma(load(b + 2 * bStride), sum2);
            sum3 = shared.fma(load(b + 3 * bStride), sum3);
        }
        int rest = count % LANES;
        finish(sum0, a, b, rest, sums);
        finish(sum1, a, b + bStride, rest, sums + 4);
        finish(sum2, a, b + 2 * bStride, rest, sums + 8);
        finish(sum3, a, b + 3 * bStride, rest, sums + 12);
    }

    private static void finish(FloatVector lanes, long a, long b, int rest, long target) {
        float sum = VectorLanes.floatAt(target) + VectorLanes.sum(lanes);
        for (int i = 0; i < rest; i++) {
            sum += VectorLanes.floatAt(a + 4L * i) * VectorLanes.floatAt(b + 4L * i);
        }
        VectorLanes.putFloat(target, sum);
    }

    /** {@code sums[i] += Σ_j factors[j] · x[j][i]} for four rows j, {@code xStride} bytes apart, of {@code count} floats. */
    static void addScaled4(long sums, long factors, long x, long xStride, int count) {
        FloatVector factor0 = broadcastAt(factors);
        FloatVector factor1 = broadcastAt(factors + 4);
        FloatVector factor2 = broadcastAt(factors + 8);
        FloatVector factor3 = broadcastAt(factors + 12);
        long end = sums + (long) Float.BYTES * (count - count % LANES);
        for (; sums != end; sums += BYTES, x += BYTES) {
            FloatVector sum = load(x).fma(factor0, load(sums));
            FloatVector other = load(x + xStride).mul(factor1);
            sum = load(x + 2 * xStride).fma(factor2, sum);
            other = load(x + 3 * xStride).fma(factor3, other);
            store(sum.add(other), sums);
        }
        for (int i = 0; i < count % LANES; i++) {
            float sum = VectorLanes.floatAt(sums + 4L * i);
            for (int j = 0; j < 4; j++) {
                sum += VectorLanes.floatAt(factors + 4L * j) * VectorLanes.floatAt(x + j * xStride + 4L * i);
            }
            VectorLanes.putFloat(sums + 4L * i, sum);
        }
    }
}
