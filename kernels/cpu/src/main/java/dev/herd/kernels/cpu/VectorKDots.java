package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcastAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.toFloats;
import static dev.herd.kernels.cpu.VectorLanes.unsignedBytes;
import static dev.herd.kernels.cpu.VectorLanes.zero;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dot products of rows in Q4_K and Q6_K with one token. Levels are taken as the unsigned numbers that are stored; what is
 * subtracted from each of them is multiplied with the sums of the inputs of each run instead, which are the same for all
 * rows.
 *
 * <p>The steps of each group are unpacked by a method of its own: see {@link VectorTile} for why. That happens right before
 * the group is multiplied and not for the whole row, so that memory is read in the order in which it lies.
 */
final class VectorKDots {
    private static final int GROUP = 256;

    /** Floats that a group is unpacked to: 16 scales, or eight scales and eight offsets. */
    private static final int STEPS = 16;

    private static final int Q4K_RUN = 32;
    private static final int Q4K_BYTES = 144;
    private static final int Q6K_RUN = 16;
    private static final int Q6K_BYTES = 210;
    private static final float Q6K_OFFSET = -32;

    private VectorKDots() {}

    /** Bytes of scratch for rows of {@code columns}: sums of inputs, and steps of a row. */
    static long scratchBytes(int columns) {
        return 2 * sectionBytes(columns) + GROUP;
    }

    private static long sectionBytes(int columns) {
        return 4L * columns / GROUP * STEPS;
    }

    /** Writes the sum of each {@code run} inputs times {@code factor} to {@code target}. */
    static void sumRuns(long x, int columns, int run, float factor, long target) {
        for (int i = 0; i < columns / run; i++, x += 4L * run) {
            FloatVector sum = load(x);
            for (int j = LANES; j < run; j += LANES) {
                sum = sum.add(load(x + 4L * j));
            }
            VectorLanes.putFloat(target + 4L * i, factor * VectorLanes.sum(sum));
        }
    }

    /** Products of rows, the first at {@code source}; each goes to the next float of out. */
    static void multiplyQ4K(long out, long source, int rows, long x, int columns, long scratch) {
        long sums = scratch;
        layOutSums(x, columns, sums);
        long steps = scratch + sectionBytes(columns);
        long rowBytes = (long) columns / GROUP * Q4K_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            float levels = dotQ4K(source + 16, source + 16 + rowBytes, x, steps);
            VectorLanes.putFloat(out, levels + dotSteps(steps, sums, columns));
        }
    }

    /** For each group eight zeros and the sums of its eight runs, as {@link VectorKQuants#unpackSixBits} lays out. */
    private static void layOutSums(long x, int columns, long sums) {
        for (int column = 0; column < columns; column += GROUP, sums += 4 * STEPS) {
            VectorLanes.fillZero(sums, 4 * STEPS / 2);
            sumRuns(x + 4L * column, GROUP, Q4K_RUN, 1, sums + 4 * STEPS / 2);
        }
    }

    /** Of the two runs that share 32 bytes, the first is in lower nibbles and the second in upper ones. */
    private static float dotQ4K(long bytes, long rowEnd, long x, long steps) {
        FloatVector lows = zero();
        FloatVector highs = zero();
        for (; bytes != rowEnd; bytes += Q4K_BYTES - GROUP / 2, steps += 4 * STEPS / 2) {
            VectorKQuants.unpackSixBits(bytes - 16, steps);
            for (long end = bytes + GROUP / 2; bytes != end; bytes += Q4K_RUN, x += 8 * Q4K_RUN, steps += 8) {
                IntVector pairs = unsignedBytes(bytes);
                FloatVector low = toFloats(pairs.and(15)).mul(load(x));
                FloatVector high =
                        toFloats(pairs.lanewise(VectorOperators.LSHR, 4)).mul(load(x + 4 * Q4K_RUN));
                for (int i = LANES; i < Q4K_RUN; i += LANES) {
                    IntVector more = unsignedBytes(bytes + i);
                    low = toFloats(more.and(15)).fma(load(x + 4L * i), low);
                    high = toFloats(more.lanewise(VectorOperators.LSHR, 4)).fma(load(x + 4L * (i + Q4K_RUN)), high);
                }
                lows = low.fma(broadcastAt(steps), lows);
                highs = high.fma(broadcastAt(steps + 4), highs);
            }
        }
        return VectorLanes.sum(lows.add(highs));
    }

    /** Products of rows, the first at {@code source}; each goes to the next float of out. */
    static void multiplyQ6K(long out, long source, int rows, long x, int columns, long scratch) {
        long sums = scratch;
        sumRuns(x, columns, Q6K_RUN, Q6K_OFFSET, sums);
        long steps = scratch + sectionBytes(columns);
        long rowBytes = (long) columns / GROUP * Q6K_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            long rowEnd = source + rowBytes;
            float levels = dotQ6KLower(source, rowEnd, x, steps) + dotQ6KUpper(source, rowEnd, x, steps);
            VectorLanes.putFloat(out, levels + dotSteps(steps, sums, columns));
        }
    }

    private static void unpackQ6K(long source, long steps) {
        FloatVector scale = VectorLanes.broadcast(VectorLanes.halfAt(source + 208));
        for (int i = 0; i < STEPS; i += LANES) {
            VectorLanes.store(VectorLanes.signedBytes(source + 192 + i).mul(scale), steps + 4L * i);
        }
    }

    /*
     * A half of a group has eight runs. Its 64 bytes of lower bits hold runs 0 to 3 in lower nibbles and 4 to 7 in upper
     * ones; of its 32 bytes of upper bits, 16 have two for each of runs 0, 2, 4 and 6, and 16 for 1, 3, 5 and 7. Lower
     * nibbles and upper ones are gone through one after the other, since both are too much for one method.
     */
    private static float dotQ6KLower(long source, long rowEnd, long x, long scales) {
        FloatVector total0 = zero();
        FloatVector total2 = zero();
        for (; source != rowEnd; source += Q6K_BYTES, x += 4 * GROUP, scales += 64) {
            unpackQ6K(source, scales);
            for (int part = 0; part < 4; part++) {
                long half = part >> 1;
                long odd = part & 1;
                long lower = source + 64 * half + 16 * odd;
                long upper = source + 128 + 32 * half + 16 * odd;
                long inputs = x + 512 * half + 64 * odd;
                long scale = scales + 32 * half + 4 * odd;
                for (int i = 0; i < Q6K_RUN; i += LANES) {
                    IntVector bits = unsignedBytes(upper + i);
                    IntVector run0 = unsignedBytes(lower + i).and(15);
                    IntVector run2 = unsignedBytes(lower + 32 + i).and(15);
                    run0 = run0.or(bits.lanewise(VectorOperators.LSHL, 4).and(48));
                    run2 = run2.or(bits.lanewise(VectorOperators.LSHL, 2).and(48));
                    FloatVector product0 = toFloats(run0).mul(load(inputs + 4L * i));
                    FloatVector product2 = toFloats(run2).mul(load(inputs + 128 + 4L * i));
                    total0 = product0.fma(broadcastAt(scale), total0);
                    total2 = product2.fma(broadcastAt(scale + 8), total2);
                }
            }
        }
        return VectorLanes.sum(total0.add(total2));
    }

    private static float dotQ6KUpper(long source, long rowEnd, long x, long scales) {
        FloatVector total4 = zero();
        FloatVector total6 = zero();
        for (; source != rowEnd; source += Q6K_BYTES, x += 4 * GROUP, scales += 64) {
            for (int part = 0; part < 4; part++) {
                long half = part >> 1;
                long odd = part & 1;
                long lower = source + 64 * half + 16 * odd;
                long upper = source + 128 + 32 * half + 16 * odd;
                long inputs = x + 512 * half + 64 * odd + 256;
                long scale = scales + 32 * half + 4 * odd + 16;
                for (int i = 0; i < Q6K_RUN; i += LANES) {
                    IntVector bits = unsignedBytes(upper + i);
                    IntVector run4 = unsignedBytes(lower + i).lanewise(VectorOperators.LSHR, 4);
                    IntVector run6 = unsignedBytes(lower + 32 + i).lanewise(VectorOperators.LSHR, 4);
                    run4 = run4.or(bits.and(48));
                    run6 = run6.or(bits.lanewise(VectorOperators.LSHR, 2).and(48));
                    FloatVector product4 = toFloats(run4).mul(load(inputs + 4L * i));
                    FloatVector product6 = toFloats(run6).mul(load(inputs + 128 + 4L * i));
                    total4 = product4.fma(broadcastAt(scale), total4);
                    total6 = product6.fma(broadcastAt(scale + 8), total6);
                }
            }
        }
        return VectorLanes.sum(total4.add(total6));
    }

    /** What is subtracted from the levels: steps with sums of inputs, which are zero for steps that are no offsets. */
    private static float dotSteps(long steps, long sums, int columns) {
        FloatVector total = zero();
        for (long end = steps + 4L * STEPS * (columns / GROUP); steps != end; steps += BYTES, sums += BYTES) {
            total = load(steps).fma(load(sums), total);
        }
        return VectorLanes.sum(total);
    }
}
