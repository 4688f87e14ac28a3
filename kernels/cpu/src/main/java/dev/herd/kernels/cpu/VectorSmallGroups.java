package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.IOTA;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.halfAt;
import static dev.herd.kernels.cpu.VectorLanes.signedBytes;
import static dev.herd.kernels.cpu.VectorLanes.store;
import static dev.herd.kernels.cpu.VectorLanes.toFloats;
import static dev.herd.kernels.cpu.VectorLanes.unsignedBytes;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders of the formats of 32 elements with one scale, and of those whose levels are looked up. Each writes
 * {@code length} floats at {@code target}.
 */
final class VectorSmallGroups {
    private static final int GROUP = 32;
    private static final int HALF = 16;

    /** Bytes of 32 floats. */
    private static final int DECODED = 4 * GROUP;

    private static final ByteVector IQ4 =
            table(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
    /** Twice the values of a float with 2 exponent bits and 1 mantissa bit; negative ones have their -0 as 0. */
    private static final ByteVector FP4_DOUBLED = table(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    private VectorSmallGroups() {}

    private static ByteVector table(int... levels) {
        byte[] bytes = new byte[HALF];
        for (int i = 0; i < HALF; i++) {
            bytes[i] = (byte) levels[i];
        }
        return ByteVector.fromArray(ByteVector.SPECIES_128, bytes, 0);
    }

    static void decodeQ80(long source, long target, int length) {
        for (int done = 0; done < length; done += GROUP, source += 34, target += DECODED) {
            FloatVector scale = broadcast(halfAt(source));
            store(signedBytes(source + 2).mul(scale), target);
            store(signedBytes(source + 2 + LANES).mul(scale), target + 4L * LANES);
            for (int i = 2 * LANES; i < GROUP; i += LANES) {
                store(signedBytes(source + 2 + i).mul(scale), target + 4L * i);
            }
        }
    }

    static void decodeQ40(long source, long target, int length) {
        for (int done = 0; done < length; done += GROUP, source += 18, target += DECODED) {
            FloatVector scale = broadcast(halfAt(source));
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pairs = unsignedBytes(source + 2 + i);
                IntVector low = pairs.and(15).sub(8);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4).sub(8);
                store(toFloats(low).mul(scale), target + 4L * i);
                store(toFloats(high).mul(scale), target + 4L * (i + HALF));
            }
        }
    }

    static void decodeQ41(long source, long target, int length) {
        for (int done = 0; done < length; done += GROUP, source += 20, target += DECODED) {
            FloatVector scale = broadcast(halfAt(source));
            FloatVector min = broadcast(halfAt(source + 2));
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pairs = unsignedBytes(source + 4 + i);
                store(toFloats(pairs.and(15)).fma(scale, min), target + 4L * i);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
                store(toFloats(high).fma(scale, min), target + 4L * (i + HALF));
            }
        }
    }

    static void decodeQ50(long source, long target, int length) {
        for (int done = 0; done < length; done += GROUP, source += 22, target += DECODED) {
            FloatVector scale = broadcast(halfAt(source));
            int fifthBits = VectorLanes.intAt(source + 2);
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pairs = unsignedBytes(source + 6 + i);
                IntVector low = pairs.and(15).or(fifth(fifthBits, i)).sub(16);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4)
                        .or(fifth(fifthBits, i + HALF))
                        .sub(16);
                store(toFloats(low).mul(scale), target + 4L * i);
                store(toFloats(high).mul(scale), target + 4L * (i + HALF));
            }
        }
    }

    static void decodeQ51(long source, long target, int length) {
        for (int done = 0; done < length; done += GROUP, source += 24, target += DECODED) {
            FloatVector scale = broadcast(halfAt(source));
            FloatVector min = broadcast(halfAt(source + 2));
            int fifthBits = VectorLanes.intAt(source + 4);
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pairs = unsignedBytes(source + 8 + i);
                IntVector low = pairs.and(15).or(fifth(fifthBits, i));
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4).or(fifth(fifthBits, i + HALF));
                store(toFloats(low).fma(scale, min), target + 4L * i);
                store(toFloats(high).fma(scale, min), target + 4L * (i + HALF));
            }
        }
    }

    /** Bits {@code from}, {@code from} + 1, … of a word, as the fifth bits of levels. */
    private static IntVector fifth(int word, int from) {
        return IntVector.broadcast(VectorLanes.INTS, word)
                .lanewise(VectorOperators.LSHR, IOTA.add(from))
                .and(1)
                .lanewise(VectorOperators.LSHL, 4);
    }

    static void decodeIq4Nl(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 18, target += DECODED) {
            lookUp(IQ4, source + 2, halfAt(source), target, steps);
        }
    }

    /** Layout: scale, 16 upper bit pairs and 8 lower nibbles of the scales of 8 runs, 128 bytes of two elements. */
    static void decodeIq4Xs(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += 8 * GROUP, source += 136) {
            float scale = halfAt(source);
            int highBits = VectorLanes.shortAt(source + 2);
            int lowBits = VectorLanes.intAt(source + 4);
            for (int run = 0; run < 8; run++, target += DECODED) {
                int step = (((lowBits >> (4 * run)) & 15) | (((highBits >> (2 * run)) & 3) << 4)) - 32;
                lookUp(IQ4, source + 8 + (long) HALF * run, scale * step, target, steps);
            }
        }
    }

    static void decodeMxfp4(long source, long target, int length, long steps) {
        for (int done = 0; done < length; done += GROUP, source += 17, target += DECODED) {
            lookUp(FP4_DOUBLED, source + 1, halfOfPower(VectorLanes.byteAt(source) & 0xFF), target, steps);
        }
    }

    /** {@code 2^(exponent - 128)}, which is below the normal floats for the two smallest. */
    private static float halfOfPower(int exponent) {
        return Float.intBitsToFloat(exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23);
    }

    /** Sixteen bytes hold 32 numbers of levels, the first half of them in the lower nibbles. */
    private static void lookUp(ByteVector table, long source, float scale, long target, long steps) {
        ByteVector pairs = VectorLanes.bytes16(source);
        store(pairs.and((byte) 15).selectFrom(table), steps);
        store(pairs.lanewise(VectorOperators.LSHR, 4).and((byte) 15).selectFrom(table), steps + HALF);
        FloatVector factor = broadcast(scale);
        for (int i = 0; i < GROUP; i += LANES) {
            store(signedBytes(steps + i).mul(factor), target + 4L * i);
        }
    }
}
