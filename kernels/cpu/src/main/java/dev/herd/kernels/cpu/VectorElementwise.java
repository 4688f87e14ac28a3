package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.BYTES;
import static dev.herd.kernels.cpu.VectorLanes.FLOATS;
import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.broadcastAt;
import static dev.herd.kernels.cpu.VectorLanes.floatAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.putFloat;
import static dev.herd.kernels.cpu.VectorLanes.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** The operations that touch each activation once: norms, rotation, scaling, the gate. Memory is given by addresses. */
final class VectorElementwise {
    /** Elements whose squares are summed as floats, few enough per lane for the accuracy that docs/adr/0003 asks for. */
    private static final int SQUARES = 512;

    private static final VectorShuffle<Float> SWAPPED = VectorShuffle.fromOp(FLOATS, i -> i ^ 1);
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOATS, i -> i & ~1);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(FLOATS, i -> i | 1);
    private static final VectorMask<Float> IS_EVEN =
            VectorMask.fromLong(FLOATS, 0x5555_5555_5555_5555L & ((1L << LANES) - 1));
    private static final float LOG2_E = 1.442695f;

    /** 1.5 · 2^23: what is added to it is rounded to an integer in the last bits. */
    private static final float ROUNDER = 12582912f;

    private VectorElementwise() {}

    /** {@code out = x · scale · weight} with {@code scale = 1 / sqrt(mean(x²) + epsilon)}, one row. */
    static void normRow(long out, long x, long weight, float epsilon, int size) {
        float scale = inverseRms(x, size, epsilon);
        FloatVector factor = broadcast(scale);
        int i = 0;
        for (; i + LANES <= size; i += LANES) {
            store(load(x + 4L * i).mul(factor).mul(load(weight + 4L * i)), out + 4L * i);
        }
        for (; i < size; i++) {
            putFloat(out + 4L * i, floatAt(x + 4L * i) * scale * floatAt(weight + 4L * i));
        }
    }

    /** The same in place and without weights. */
    static void normRow(long x, float epsilon, int size) {
        VectorPlain.scale(x, inverseRms(x, size, epsilon), size);
    }

    private static float inverseRms(long x, int size, float epsilon) {
        double squares = 0;
        for (int i = 0; i < size; i += SQUARES) {
            long part = x + 4L * i;
            squares += VectorTile.dot(part, part, Math.min(SQUARES, size - i));
        }
        return (float) (1 / Math.sqrt(squares / size + epsilon));
    }

    /** Rotates the pairs of one head by angles given as cosine and sine of each pair. */
    static void rotate(long head, long angles, int headSize) {
        int i = 0;
        for (; i + LANES <= headSize; i += LANES) {
            FloatVector pairs = load(head + 4L * i);
            FloatVector angle = load(angles + 4L * i);
            FloatVector cross = pairs.rearrange(SWAPPED).mul(angle.rearrange(ODD));
            FloatVector signed = cross.lanewise(VectorOperators.NEG, IS_EVEN);
            store(pairs.fma(angle.rearrange(EVEN), signed), head + 4L * i);
        }
        for (; i < headSize; i += 2) {
            float a = floatAt(head + 4L * i);
            float b = floatAt(head + 4L * i + 4);
            float cosine = floatAt(angles + 4L * i);
            float sine = floatAt(angles + 4L * i + 4);
            putFloat(head + 4L * i, a * cosine - b * sine);
            putFloat(head + 4L * i + 4, a * sine + b * cosine);
        }
    }

    static void add(long out, long x, long count) {
        long i = 0;
        for (; i + LANES <= count; i += LANES) {
            store(load(out + 4 * i).add(load(x + 4 * i)), out + 4 * i);
        }
        for (; i < count; i++) {
            putFloat(out + 4 * i, floatAt(out + 4 * i) + floatAt(x + 4 * i));
        }
    }

    /** {@code gate = silu(gate) · up}. */
    static void swiGlu(long gate, long up, long count) {
        long whole = count - count % LANES;
        for (long end = gate + 4 * whole; gate != end; gate += BYTES, up += BYTES) {
            store(silu(load(gate)).mul(load(up)), gate);
        }
        for (long i = 0; i < count - whole; i++) {
            float silu = silu(broadcastAt(gate + 4 * i)).lane(0);
            putFloat(gate + 4 * i, silu * floatAt(up + 4 * i));
        }
    }

    private static FloatVector silu(FloatVector z) {
        return z.div(exponential(z.neg()).add(1));
    }

    /**
     * e^x to a few units in the last place: x = n ln 2 + r with |r| <= ln 2 / 2, a series for e^r, and n into the
     * exponent. What would be smaller than a normal float is clamped; what would be larger is infinite, since 2^n is
     * multiplied in two parts, each of which is finite.
     */
    static FloatVector exponential(FloatVector x) {
        FloatVector clamped = x.max(-87.3f).min(104);
        FloatVector shifted = clamped.fma(broadcast(LOG2_E), broadcast(ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        // ln 2 in two parts, the first exact in products
        FloatVector r = n.fma(broadcast(-0.69314575f), clamped);
        r = n.fma(broadcast(-1.4286068e-6f), r);
        FloatVector e = r.fma(broadcast(1 / 5040f), broadcast(1 / 720f));
        e = e.fma(r, broadcast(1 / 120f));
        e = e.fma(r, broadcast(1 / 24f));
        e = e.fma(r, broadcast(1 / 6f));
        e = e.fma(r, broadcast(0.5f));
        e = e.fma(r, broadcast(1));
        e = e.fma(r, broadcast(1));
        IntVector power = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
        IntVector part = power.lanewise(VectorOperators.ASHR, 1);
        return e.mul(powerOfTwo(part)).mul(powerOfTwo(power.sub(part)));
    }

    private static FloatVector powerOfTwo(IntVector exponent) {
        return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }
}
