package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.broadcastAt;
import static dev.herd.kernels.cpu.VectorLanes.halfAt;
import static dev.herd.kernels.cpu.VectorLanes.intAt;
import static dev.herd.kernels.cpu.VectorLanes.longAt;
import static dev.herd.kernels.cpu.VectorLanes.store;
import static dev.herd.kernels.cpu.VectorLanes.toFloats;
import static dev.herd.kernels.cpu.VectorLanes.unsignedBytes;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders of the K formats: 256 elements in runs of 16 or 32, each run with a small integer scale (and offset) under one
 * half-precision scale (and offset scale). Each writes {@code length} floats at {@code target}; {@code steps} is a place
 * for the scales of the runs and for the negated offsets, as floats.
 */
final class VectorKQuants {
    private static final int GROUP = 256;
    private static final int HALF = 16;
    private static final int RUN = 32;

    /** Where the offsets lie in the steps; a vector too much may be written behind the scales and behind them. */
    private static final int OFFSETS = 128;

    /** Where they lie if there are eight of them. */
    private static final int SIX_BIT_OFFSETS = 32;

    /** Of 16 lanes. */
    private static final VectorMask<Float> UPPER_HALF = VectorMask.fromLong(VectorLanes.FLOATS, 0xFF00);

    private static final long NIBBLES = 0x0F0F_0F0F_0F0F_0F0FL;

    private VectorKQuants() {}

    /** Writes eight unsigned bytes times {@code factor} as floats. */
    private static void scale8(long bytes, float factor, long target) {
        FloatVector factors = broadcast(factor);
        for (int i = 0; i < 8; i += LANES) {
            store(VectorLanes.unsignedBytesOf(bytes >>> (8 * i)).mul(factors), target + 4L * i);
        }
    }

    /** The same with signed bytes. */
    private static void scaleSigned8(long bytes, float factor, long target) {
        FloatVector factors = broadcast(factor);
        for (int i = 0; i < 8; i += LANES) {
            store(VectorLanes.signedBytesOf(bytes >>> (8 * i)).mul(factors), target + 4L * i);
        }
    }

    /** Layout: 16 scale/offset nibbles, 64 bytes of four 2-bit elements, scale, offset scale. */
    static void decodeQ2K(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 84) {
            float scale = halfAt(source + 80);
            float offset = -halfAt(source + 82);
            for (int half = 0; half < 2; half++) {
                long bytes = longAt(source + 8L * half);
                scale8(bytes & NIBBLES, scale, steps + 32L * half);
                scale8(bytes >>> 4 & NIBBLES, offset, steps + OFFSETS + 32L * half);
            }
            for (int run = 0; run < 16; run++, target += 4 * HALF) {
                FloatVector runScale = broadcastAt(steps + 4L * run);
                FloatVector runOffset = broadcastAt(steps + OFFSETS + 4L * run);
                long bytes = source + 16 + twoBitBytes(run);
                for (int i = 0; i < HALF; i += LANES) {
                    IntVector levels = twoBits(bytes + i, run);
                    store(toFloats(levels).fma(runScale, runOffset), target + 4L * i);
                }
            }
        }
    }

    /** Where the 2-bit elements of a run of 16 start: two halves of 32 bytes, four sub-rows each, two runs per sub-row. */
    private static int twoBitBytes(int run) {
        return 32 * (run >> 3) + 16 * (run & 1);
    }

    private static IntVector twoBits(long address, int run) {
        return unsignedBytes(address).lanewise(VectorOperators.LSHR, run & 6).and(3);
    }

    /** Layout: 32 bytes of third bits, 64 bytes of four 2-bit elements, 12 bytes of 6-bit scales, scale. */
    static void decodeQ3K(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 110) {
            float scale = halfAt(source + 108);
            long low = longAt(source + 96);
            int high = intAt(source + 104);
            scaleSigned8(less32((low & NIBBLES) | spreadPairs(high, 0)), scale, steps);
            scaleSigned8(less32((low >>> 4 & NIBBLES) | spreadPairs(high, 4)), scale, steps + 32);
            for (int run = 0; run < 16; run++, target += 4 * HALF) {
                FloatVector runScale = broadcastAt(steps + 4L * run);
                long bytes = source + 32 + twoBitBytes(run);
                long thirdBits = source + 16L * (run & 1);
                for (int i = 0; i < HALF; i += LANES) {
                    IntVector third = unsignedBytes(thirdBits + i).lanewise(VectorOperators.LSHR, run >> 1);
                    IntVector levels = third.and(1)
                            .lanewise(VectorOperators.LSHL, 2)
                            .or(twoBits(bytes + i, run))
                            .sub(4);
                    store(toFloats(levels).mul(runScale), target + 4L * i);
                }
            }
        }
    }

    /** Upper bits of eight scales: those of the first four at bit {@code shift} of each byte, of the others 2 bits on. */
    private static long spreadPairs(int high, int shift) {
        long first = (high >>> shift) & 0x0303_0303L;
        long second = (high >>> (shift + 2)) & 0x0303_0303L;
        return (first | second << 32) << 4;
    }

    /** Every byte, which is below 64, less 32; the top bit keeps borrows within the byte and then becomes the sign. */
    private static long less32(long bytes) {
        long top = 0x8080_8080_8080_8080L;
        return ((bytes | top) - 0x2020_2020_2020_2020L) ^ top;
    }

    /** The eight 6-bit scales of Q4_K and Q5_K, behind the two halves at {@code source}, then the eight negated offsets. */
    static void unpackSixBits(long source, long steps) {
        long a = intAt(source + 4);
        long b = intAt(source + 8);
        long c = intAt(source + 12);
        long highScales = (c & 0x0F0F_0F0FL) | ((a >>> 2) & 0x3030_3030L);
        long highOffsets = ((c >>> 4) & 0x0F0F_0F0FL) | ((b >>> 2) & 0x3030_3030L);
        long scales = (a & 0x3F3F_3F3FL) | (highScales << 32);
        long offsets = (b & 0x3F3F_3F3FL) | (highOffsets << 32);
        float scale = halfAt(source);
        float offset = -halfAt(source + 2);
        if (LANES == 16) {
            FloatVector factors = broadcast(scale).blend(broadcast(offset), UPPER_HALF);
            store(VectorLanes.unsignedBytesOf(scales, offsets).mul(factors), steps);
        } else {
            scale8(scales, scale, steps);
            scale8(offsets, offset, steps + SIX_BIT_OFFSETS);
        }
    }

    /** Layout: scale, offset scale, 12 bytes of 6-bit scales and offsets, 128 bytes of two 4-bit elements. */
    static void decodeQ4K(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 144) {
            unpackSixBits(source, steps);
            for (int pair = 0; pair < 4; pair++, target += 8 * RUN) {
                long bytes = source + 16 + (long) RUN * pair;
                FloatVector lowScale = broadcastAt(steps + 8L * pair);
                FloatVector lowOffset = broadcastAt(steps + SIX_BIT_OFFSETS + 8L * pair);
                FloatVector highScale = broadcastAt(steps + 8L * pair + 4);
                FloatVector highOffset = broadcastAt(steps + SIX_BIT_OFFSETS + 8L * pair + 4);
                for (int i = 0; i < RUN; i += LANES) {
                    IntVector pairs = unsignedBytes(bytes + i);
                    IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
                    store(toFloats(pairs.and(15)).fma(lowScale, lowOffset), target + 4L * i);
                    store(toFloats(high).fma(highScale, highOffset), target + 4L * (i + RUN));
                }
            }
        }
    }

    /** Layout: as Q4_K with 32 bytes of fifth bits before the elements; bit r of byte i belongs to element i of run r. */
    static void decodeQ5K(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 176) {
            unpackSixBits(source, steps);
            for (int run = 0; run < 8; run++, target += 4 * RUN) {
                long bytes = source + 48 + (long) RUN * (run >> 1);
                int shift = 4 * (run & 1);
                FloatVector scale = broadcastAt(steps + 4L * run);
                FloatVector offset = broadcastAt(steps + SIX_BIT_OFFSETS + 4L * run);
                for (int i = 0; i < RUN; i += LANES) {
                    IntVector fifth = unsignedBytes(source + 16 + i).lanewise(VectorOperators.LSHR, run);
                    IntVector levels = unsignedBytes(bytes + i)
                            .lanewise(VectorOperators.LSHR, shift)
                            .and(15)
                            .or(fifth.and(1).lanewise(VectorOperators.LSHL, 4));
                    store(toFloats(levels).fma(scale, offset), target + 4L * i);
                }
            }
        }
    }

    /** Layout: 128 bytes of lower nibbles, 64 bytes of four upper bit pairs, 16 signed scales, scale. */
    static void decodeQ6K(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 210) {
            float scale = halfAt(source + 208);
            scaleSigned8(longAt(source + 192), scale, steps);
            scaleSigned8(longAt(source + 200), scale, steps + 32);
            for (int run = 0; run < 16; run++, target += 4 * HALF) {
                FloatVector runScale = broadcastAt(steps + 4L * run);
                long low = source + 64L * (run >> 3) + (long) HALF * (run & 3);
                long high = source + 128 + twoBitBytes(run);
                int lowShift = run & 4;
                for (int i = 0; i < HALF; i += LANES) {
                    IntVector upper = twoBits(high + i, run).lanewise(VectorOperators.LSHL, 4);
                    IntVector levels = unsignedBytes(low + i)
                            .lanewise(VectorOperators.LSHR, lowShift)
                            .and(15)
                            .or(upper)
                            .sub(32);
                    store(toFloats(levels).mul(runScale), target + 4L * i);
                }
            }
        }
    }
}
