package dev.herd.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A run of 32-bit floats outside the Java heap, 64-byte aligned when allocated here, that Java, vector and native
 * kernels share without copying. Not thread-safe; concurrent kernels write disjoint ranges.
 */
public final class Floats {
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT;
    private static final long ALIGNMENT = 64;

    private final MemorySegment segment;
    private final long size;

    private Floats(MemorySegment segment) {
        this.segment = segment;
        this.size = segment.byteSize() / Float.BYTES;
    }

    /** {@code size} zeros that live as long as {@code arena}. */
    public static Floats allocate(Arena arena, long size) {
        return new Floats(arena.allocate(Math.multiplyExact(size, (long) Float.BYTES), ALIGNMENT));
    }

    /** A copy of {@code values} that lives as long as it is reachable. */
    public static Floats copyOf(float... values) {
        Floats copy = allocate(Arena.ofAuto(), values.length);
        copy.write(0, values, 0, values.length);
        return copy;
    }

    /** A view of {@code segment}, which decides how long it can be used. */
    public static Floats over(MemorySegment segment) {
        return new Floats(segment);
    }

    /** The element at {@code index}. */
    public float get(long index) {
        return segment.getAtIndex(ELEMENT, index);
    }

    /** Sets the element at {@code index}. */
    public void set(long index, float value) {
        segment.setAtIndex(ELEMENT, index, value);
    }

    /** A view of {@code length} elements from {@code from}; writes go through. */
    public Floats slice(long from, long length) {
        return new Floats(segment.asSlice(from * Float.BYTES, length * Float.BYTES));
    }

    /** Copies {@code length} elements from {@code from} into {@code target} at {@code targetFrom}. */
    public void read(long from, float[] target, int targetFrom, int length) {
        MemorySegment.copy(segment, ELEMENT, from * Float.BYTES, target, targetFrom, length);
    }

    /** Copies {@code length} elements of {@code source} at {@code sourceFrom} to {@code from}. */
    public void write(long from, float[] source, int sourceFrom, int length) {
        MemorySegment.copy(source, sourceFrom, segment, ELEMENT, from * Float.BYTES, length);
    }

    /** Copies {@code length} elements of {@code source} at {@code sourceFrom} to {@code from}. */
    public void copyFrom(long from, Floats source, long sourceFrom, long length) {
        MemorySegment.copy(source.segment, sourceFrom * Float.BYTES, segment, from * Float.BYTES, length * Float.BYTES);
    }

    /** The first {@code length} elements from {@code from} as a new array. */
    public float[] toArray(long from, int length) {
        float[] copy = new float[length];
        read(from, copy, 0, length);
        return copy;
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    /** The memory itself, for vector and native kernels. */
    public MemorySegment segment() {
        return segment;
    }
}
