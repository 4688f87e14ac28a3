package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.broadcastAt;
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
    private static final int Q4K_BYTES = 144;
    private static final int Q4K_GROUP = 256;

    private VectorDots() {}

    /** Whether {@link #multiply} takes rows of this type. */
    static boolean supports(TensorType type) {
        return type == TensorType.Q8_0 || type == TensorType.Q4_0 || type == TensorType.Q4_K;
    }

    /** Bytes of scratch that {@link #multiply} needs for rows of {@code columns}. */
    static long scratchBytes(int columns) {
        return 3 * sectionBytes(columns);
    }

    /** A float per run, and eight that may be written too many. */
    private static long sectionBytes(int columns) {
        return 4L * (columns / RUN + LANES);
    }

    /** Writes the sum of each 32 inputs to the start of {@code scratch}, and zeros up to a whole vector. */
    private static void sumRuns(long x, int columns, long scratch) {
        for (int run = 0; run < columns / RUN; run++, x += 4 * RUN) {
            FloatVector sum = load(x);
            for (int i = LANES; i < RUN; i += LANES) {
                sum = sum.add(load(x + 4L * i));
            }
            VectorLanes.putFloat(scratch + 4L * run, VectorLanes.sum(sum));
        }
        VectorLanes.fillZero(scratch + 4L * (columns / RUN), 4L * LANES);
    }

    /**
     * Products of rows, the first at {@code source}, with {@code columns} inputs; each goes to the next float of out.
     *
     * @param scratch {@link #scratchBytes}
     */
    static void multiply(TensorType type, long out, long source, int rows, long x, int columns, long scratch) {
        switch (type) {
            case Q8_0 -> multiplyQ80(out, source, rows, x, columns);
            case Q4_0 -> multiplyQ40(out, source, rows, x, columns);
            case Q4_K -> {
                sumRuns(x, columns, scratch);
                multiplyQ4K(out, source, rows, x, columns, scratch);
            }
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

    private static void multiplyQ40(long out, long source, int rows, long x, int columns) {
        long rowBytes = (long) columns / RUN * Q40_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            VectorLanes.putFloat(out, dotQ40(source, x, columns));
        }
    }

    private static void multiplyQ4K(long out, long source, int rows, long x, int columns, long scratch) {
        long rowBytes = (long) columns / Q4K_GROUP * Q4K_BYTES;
        for (long end = out + 4L * rows; out != end; out += 4, source += rowBytes) {
            VectorLanes.putFloat(out, dotQ4K(source, x, columns, scratch));
        }
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

    private static float dotQ40(long source, long x, int columns) {
        FloatVector total = zero();
        for (long end = source + (long) columns / RUN * Q40_BYTES; source != end; source += Q40_BYTES, x += 4 * RUN) {
            IntVector pairs = unsignedBytes(source + 2);
            FloatVector low = toFloats(pairs.and(15).sub(8)).mul(load(x));
            FloatVector high =
                    toFloats(pairs.lanewise(VectorOperators.LSHR, 4).sub(8)).mul(load(x + 4 * HALF));
            for (int i = LANES; i < HALF; i += LANES) {
                IntVector more = unsignedBytes(source + 2 + i);
                low = toFloats(more.and(15).sub(8)).fma(load(x + 4L * i), low);
                high = toFloats(more.lanewise(VectorOperators.LSHR, 4).sub(8)).fma(load(x + 4L * (i + HALF)), high);
            }
            total = low.add(high).fma(broadcast(halfAt(source)), total);
        }
        return VectorLanes.sum(total);
    }

    /** Scales and offsets of the whole row come first, in a method of their own: see {@link VectorTile} for why. */
    private static float dotQ4K(long source, long x, int columns, long scratch) {
        long scales = scratch + sectionBytes(columns);
        long offsets = scales + sectionBytes(columns);
        unpackRow(source, columns, scales, offsets);
        float levels = 0;
        for (int column = 0; column < columns; column += Q4K_GROUP) {
            levels += dotNibbles(source + 16, x + 4L * column, scales + column / 8);
            source += Q4K_BYTES;
        }
        return levels + dotOffsets(offsets, scratch, columns / RUN);
    }

    /** Both are followed by numbers up to a whole vector, of which the sums' are zeros. */
    private static float dotOffsets(long offsets, long sums, int runs) {
        FloatVector total = zero();
        for (long end = offsets + 4L * runs; offsets < end; offsets += BYTES, sums += BYTES) {
            total = load(offsets).fma(load(sums), total);
        }
        return VectorLanes.sum(total);
    }

    private static void unpackRow(long source, int columns, long scales, long offsets) {
        for (int column = 0; column < columns; column += Q4K_GROUP, source += Q4K_BYTES) {
            VectorKQuants.unpackSixBits(source, scales + column / 8, offsets + column / 8);
        }
    }

    /** Levels of one group; of two runs, the first is in lower nibbles and the second in upper ones. */
    private static float dotNibbles(long bytes, long x, long scales) {
        FloatVector total = zero();
        for (long end = bytes + 4 * RUN; bytes != end; bytes += RUN, x += 8 * RUN, scales += 8) {
            IntVector pairs = unsignedBytes(bytes);
            FloatVector low = toFloats(pairs.and(15)).mul(load(x));
            FloatVector high = toFloats(pairs.lanewise(VectorOperators.LSHR, 4)).mul(load(x + 4 * RUN));
            for (int i = LANES; i < RUN; i += LANES) {
                IntVector more = unsignedBytes(bytes + i);
                low = toFloats(more.and(15)).fma(load(x + 4L * i), low);
                high = toFloats(more.lanewise(VectorOperators.LSHR, 4)).fma(load(x + 4L * (i + RUN)), high);
            }
            total = low.fma(broadcastAt(scales), high.fma(broadcastAt(scales + 4), total));
        }
        return VectorLanes.sum(total);
    }
}
