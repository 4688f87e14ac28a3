package dev.herd.grammar;

import java.util.BitSet;

/** A set of byte values, 0 to 255. Immutable. */
final class ByteSet {
    static final ByteSet NONE = new ByteSet(new BitSet());

    private static final int VALUES = 256;

    private final BitSet values;

    private ByteSet(BitSet values) {
        this.values = values;
    }

    /** The values from {@code low} to {@code high}, both included. */
    static ByteSet range(int low, int high) {
        BitSet values = new BitSet(VALUES);
        values.set(low, high + 1);
        return new ByteSet(values);
    }

    /** One value. */
    static ByteSet of(int value) {
        return range(value, value);
    }

    /** The values of the characters of {@code ascii}. */
    static ByteSet ofAscii(String ascii) {
        BitSet values = new BitSet(VALUES);
        ascii.chars().forEach(values::set);
        return new ByteSet(values);
    }

    ByteSet union(ByteSet other) {
        BitSet union = (BitSet) values.clone();
        union.or(other.values);
        return new ByteSet(union);
    }

    ByteSet minus(ByteSet other) {
        BitSet rest = (BitSet) values.clone();
        rest.andNot(other.values);
        return new ByteSet(rest);
    }

    boolean contains(int value) {
        return values.get(value);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** The least value from {@code from} on, or -1, as {@link BitSet#nextSetBit}. */
    int next(int from) {
        return values.nextSetBit(from);
    }

    /** The least value from {@code from} on that is not in the set. */
    int nextAbsent(int from) {
        return values.nextClearBit(from);
    }
}
