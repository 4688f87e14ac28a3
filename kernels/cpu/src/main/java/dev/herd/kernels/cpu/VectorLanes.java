package dev.herd.kernels.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors of this machine, and what is loaded from and stored to addresses: {@link #LANES} elements at a time, which
 * become floats or integers of 32 bits.
 *
 * <p>Memory is addressed as one segment that has no end, so that no access tests bounds or liveness; callers know that
 * what they ask for is there.
 */
final class VectorLanes {
    private static final int WIDEST = 512;

    static final VectorSpecies<Float> FLOATS = floats();
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    static final int LANES = FLOATS.length();

    /** Bytes of a vector. */
    static final int BYTES = 4 * LANES;

    /** 0, 1, 2, … */
    static final IntVector IOTA = IntVector.zero(INTS).addIndex(1);

    private static final VectorShuffle<Float> EIGHTH_LANE = lanesApart(8);
    private static final VectorShuffle<Float> FOURTH_LANE = lanesApart(4);
    private static final VectorShuffle<Float> SECOND_LANE = lanesApart(2);
    private static final VectorShuffle<Float> NEXT_LANE = lanesApart(1);

    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private VectorLanes() {}

    /** Bits of the widest vectors that the JVM computes with in registers. */
    static int preferredWidth() {
        return FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }

    private static VectorSpecies<Float> floats() {
        return preferredWidth() > WIDEST ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
    }

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER);
    }

    static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ORDER);
    }

    /** The float at an address in every lane. */
    static FloatVector broadcastAt(long address) {
        return FloatVector.broadcast(FLOATS, ALL.get(FLOAT, address));
    }

    static FloatVector broadcast(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    static FloatVector zero() {
        return FloatVector.zero(FLOATS);
    }

    static IntVector ints(long address) {
        return IntVector.fromMemorySegment(INTS, ALL, address, ORDER);
    }

    /** Bytes from 0 to 255 as integers. */
    static IntVector unsignedBytes(long address) {
        return (IntVector) bytes(address).convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
    }

    /** Bytes from -128 to 127 as floats. */
    static FloatVector signedBytes(long address) {
        return (FloatVector) bytes(address).convertShape(VectorOperators.B2F, FLOATS, 0);
    }

    /** The smallest vector that holds a byte per lane; there is none of 32 bits, and nothing beyond them may be read. */
    private static ByteVector bytes(long address) {
        if (LANES == 16) {
            return ByteVector.fromMemorySegment(ByteVector.SPECIES_128, ALL, address, ORDER);
        }
        if (LANES == 8) {
            return ByteVector.fromMemorySegment(ByteVector.SPECIES_64, ALL, address, ORDER);
        }
        return IntVector.broadcast(IntVector.SPECIES_128, ALL.get(INT, address)).reinterpretAsBytes();
    }

    /** The lowest bytes of {@code bytes} from 0 to 255 as floats; lanes beyond the eighth repeat them. */
    static FloatVector unsignedBytesOf(long bytes) {
        return toFloats((IntVector) LongVector.broadcast(LongVector.SPECIES_128, bytes)
                .reinterpretAsBytes()
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0));
    }

    /** Sixteen bytes from 0 to 255 as floats, of 16 lanes. */
    static FloatVector unsignedBytesOf(long lower, long upper) {
        return toFloats((IntVector) LongVector.broadcast(LongVector.SPECIES_128, lower)
                .withLane(1, upper)
                .reinterpretAsBytes()
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0));
    }

    /** The lowest bytes of {@code bytes} from -128 to 127 as floats; lanes beyond the eighth repeat them. */
    static FloatVector signedBytesOf(long bytes) {
        return (FloatVector) LongVector.broadcast(LongVector.SPECIES_128, bytes)
                .reinterpretAsBytes()
                .convertShape(VectorOperators.B2F, FLOATS, 0);
    }

    /** Sixteen bytes. */
    static ByteVector bytes16(long address) {
        return ByteVector.fromMemorySegment(ByteVector.SPECIES_128, ALL, address, ORDER);
    }

    static void store(ByteVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ORDER);
    }

    /** 16-bit numbers from 0 to 65535 as integers. */
    static IntVector unsignedShorts(long address) {
        if (LANES == 16) {
            return shorts(ShortVector.SPECIES_256, address);
        }
        return shorts(LANES == 8 ? ShortVector.SPECIES_128 : ShortVector.SPECIES_64, address);
    }

    private static IntVector shorts(VectorSpecies<Short> species, long address) {
        return (IntVector) ShortVector.fromMemorySegment(species, ALL, address, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    }

    /** Floats of which the upper halves are stored. */
    static FloatVector bf16(long address) {
        return unsignedShorts(address).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    static FloatVector toFloats(IntVector integers) {
        return (FloatVector) integers.convert(VectorOperators.I2F, 0);
    }

    /** Each lane goes to the place of the one so far away from it, lanes taken in pairs. */
    private static VectorShuffle<Float> lanesApart(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % FLOATS.length());
    }

    /**
     * The sum of all lanes, in an order that is always the same: {@code reduceLanes} adds in another one once it is
     * compiled, so that the same question could get two answers.
     */
    static float sum(FloatVector vector) {
        FloatVector sums = vector;
        if (LANES == 16) {
            sums = sums.add(sums.rearrange(EIGHTH_LANE));
        }
        if (LANES >= 8) {
            sums = sums.add(sums.rearrange(FOURTH_LANE));
        }
        sums = sums.add(sums.rearrange(SECOND_LANE));
        return sums.add(sums.rearrange(NEXT_LANE)).lane(0);
    }

    static byte byteAt(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    static short shortAt(long address) {
        return ALL.get(SHORT, address);
    }

    static int intAt(long address) {
        return ALL.get(INT, address);
    }

    static long longAt(long address) {
        return ALL.get(LONG, address);
    }

    static float floatAt(long address) {
        return ALL.get(FLOAT, address);
    }

    static double doubleAt(long address) {
        return ALL.get(DOUBLE, address);
    }

    /** An IEEE half. */
    static float halfAt(long address) {
        return Float.float16ToFloat(ALL.get(SHORT, address));
    }

    static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    static void putShort(long address, short value) {
        ALL.set(SHORT, address, value);
    }

    static void putFloat(long address, float value) {
        ALL.set(FLOAT, address, value);
    }

    static void fillZero(long address, long bytes) {
        ALL.asSlice(address, bytes).fill((byte) 0);
    }

    static void copy(long source, long target, long bytes) {
        MemorySegment.copy(ALL, source, ALL, target, bytes);
    }
}
