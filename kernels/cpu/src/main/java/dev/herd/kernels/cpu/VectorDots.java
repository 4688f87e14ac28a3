package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.bf16;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.halfAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.signedBytes;
import static dev.herd.kernels.cpu.VectorLanes.toFloats;
import static dev.herd.kernels.cpu.VectorLanes.unsignedBytes;
import static dev.herd.kernels.cpu.VectorLanes.zero;

import dev.herd.kernels.TensorType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dot products of one row with one token for the formats that models are mostly kept in: levels go from the matrix into
 * the sums without being written down as floats in between.
 *
 * <p>A run of 32 columns is two vectors at 512 bits; these are written out, and what narrower vectors need beyond them
 * follows in a loop, since C2 does not unroll a loop of two rounds with this much in it.
 */
final class VectorDots {
    private static final int RUN = 32;
    private static final int HALF = 16;
    private static final int Q80_BYTES = 34;
    private static final int Q40_BYTES = 18;

    private VectorDots() {}

    /** Whether {@link #multiply} takes rows of this type. */
    static boolean supports(TensorType type) {
        return switch (type) {
            case BF16, Q8_0, Q4_0, Q4_K, Q6_K -> true;
            default -> false;
        };
    }

    /** Bytes of scratch that {@link #multiply} needs for rows of {@code columns}. */
    static long scratchBytes(int columns) {
        return VectorKDots.scratchBytes(columns);
    }

    /**
     * Products of rows, the first at {@code source}, with {@code columns} inputs; each goes to the next float of out.
     *
     * @param scratch {@link #scratchBytes}
     */
    static void multiply(TensorType type, long out, long source, int rows, long x, int columns, long scratch) {
        switch (type) {
            case BF16 -> multiplyBf16(out, source, rows, x, columns);
            case Q8_0 -> multiplyQ80(out, source, rows, x, columns);
            case Q4_0 -> multiplyQ40(out, source, rows, x, columns, scratch);
            case Q4_K -> VectorKDots.multiplyQ4K(out, source, rows, x, columns, scratch);
            case Q6_K -> VectorKDots.multiplyQ6K(out, source, rows, x, columns, scratch);
            default -> throw new IllegalArgumentException(type + " is decoded first");
        }
    }

    /*
     * Each format has a loop over rows of its own, so that it is compiled by itself: together they would be more than C2
     * is willing to inline.
     */
    private static void multiplyQ80(long out, long source, int rows, long x, int columns) {
        long rowBytes = (long) columns / RUN * Q80_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            VectorLanes.putFloat(out, dotQ80(source, x, columns));
        }
    }

    private static void multiplyQ40(long out, long source, int rows, long x, int columns, long scratch) {
        VectorKDots.sumRuns(x, columns, RUN, -8, scratch);
        long rowBytes = (long) columns / RUN * Q40_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            VectorLanes.putFloat(out, dotQ40(source, x, columns, scratch));
        }
    }

    private static void multiplyBf16(long out, long source, int rows, long x, int columns) {
        for (long end = out + 4L * rows; out != end; out += 4, source += 2L * columns) {
            VectorLanes.putFloat(out, dotBf16(source, x, columns));
        }
    }

    private static float dotBf16(long source, long x, int columns) {
        FloatVector even = zero();
        FloatVector odd = zero();
        long end = source + 2L * (columns - columns % (2 * LANES));
        for (; source != end; source += 4L * LANES, x += 2L * BYTES) {
            even = bf16(source).fma(load(x), even);
            odd = bf16(source + 2L * LANES).fma(load(x + BYTES), odd);
        }
        float sum = VectorLanes.sum(even.add(odd));
        for (int i = 0; i < columns % (2 * LANES); i++) {
            sum += Float.intBitsToFloat(VectorLanes.shortAt(source + 2L * i) << 16) * VectorLanes.floatAt(x + 4L * i);
        }
        return sum;
    }

    private static float dotQ80(long source, long x, int columns) {
        FloatVector total = zero();
        for (long end = source + (long) columns / RUN * Q80_BYTES; source != end; source += Q80_BYTES, x += 4 * RUN) {
            FloatVector even = signedBytes(source + 2).mul(load(x));
            FloatVector odd = signedBytes(source + 2 + LANES).mul(load(x + BYTES));
            for (int i = 2 * LANES; i < RUN; i += 2 * LANES) {
                even = signedBytes(source + 2 + i).fma(load(x + 4L * i), even);
                odd = signedBytes(source + 2 + i + LANES).fma(load(x + 4L * i + BYTES), odd);
            }
            total = even.add(odd).fma(broadcast(halfAt(source)), total);
        }
        return VectorLanes.sum(total);
    }

    /** Levels as they are stored; eight is subtracted from each by way of {@code sums}, the sums of each run's inputs. */
    private static float dotQ40(long source, long x, int columns, long sums) {
        FloatVector total = zero();
        float offsets = 0;
        long end = source + (long) columns / RUN * Q40_BYTES;
        for (; source != end; source += Q40_BYTES, x += 4 * RUN, sums += 4) {
            IntVector pairs = unsignedBytes(source + 2);
            FloatVector run = toFloats(pairs.and(15)).mul(load(x));
            run = toFloats(pairs.lanewise(VectorOperators.LSHR, 4)).fma(load(x + 4 * HALF), run);
            for (int i = LANES; i < HALF; i += LANES) {
                IntVector more = unsignedBytes(source + 2 + i);
                run = toFloats(more.and(15)).fma(load(x + 4L * i), run);
                run = toFloats(more.lanewise(VectorOperators.LSHR, 4)).fma(load(x + 4L * (i + HALF)), run);
            }
            float scale = halfAt(source);
            total = run.fma(broadcast(scale), total);
            offsets += scale * VectorLanes.floatAt(sums);
        }
        return VectorLanes.sum(total) + offsets;
    }
}
