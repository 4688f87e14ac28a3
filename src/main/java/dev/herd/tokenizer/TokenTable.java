package dev.herd.tokenizer;

import java.util.Arrays;
import java.util.BitSet;

/** The bytes of every id, and the id of ordinary bytes. Immutable. */
final class TokenTable {
    /** The answer of {@link #find} for bytes that are no token. */
    static final int ABSENT = -1;

    private final byte[] pool;
    private final int[] offsets;
    private final int[] slots;

    /**
     * Indexes {@code tokens}; those in {@code findable} can be found. An id whose bytes another findable id already
     * has is not entered: see {@link #duplicateOf}.
     */
    TokenTable(byte[][] tokens, BitSet findable) {
        offsets = new int[tokens.length + 1];
        for (int id = 0; id < tokens.length; id++) {
            offsets[id + 1] = Math.addExact(offsets[id], tokens[id].length);
        }
        pool = new byte[offsets[tokens.length]];
        for (int id = 0; id < tokens.length; id++) {
            System.arraycopy(tokens[id], 0, pool, offsets[id], tokens[id].length);
        }
        slots = new int[tableSize(findable.cardinality())];
        Arrays.fill(slots, ABSENT);
        for (int id = findable.nextSetBit(0); id >= 0; id = findable.nextSetBit(id + 1)) {
            int slot = slotOf(pool, offsets[id], offsets[id + 1]);
            if (slots[slot] == ABSENT) {
                slots[slot] = id;
            }
        }
    }

    /** A power of two that leaves at least half of the places free. */
    static int tableSize(int entries) {
        return Integer.highestOneBit(Math.max(entries, 1)) << 2;
    }

    /** Ids run to this, exclusive. */
    int size() {
        return offsets.length - 1;
    }

    /** The bytes of {@code id}, a copy; empty if there is no such id. */
    byte[] bytes(int id) {
        return id >= 0 && id < size() ? Arrays.copyOfRange(pool, offsets[id], offsets[id + 1]) : new byte[0];
    }

    /** The id of {@code bytes[from, to)}, or {@link #ABSENT}. */
    int find(byte[] bytes, int from, int to) {
        return slots[slotOf(bytes, from, to)];
    }

    /** The id that was entered for the bytes of {@code id}: itself, or the lower one that has the same bytes. */
    int duplicateOf(int id) {
        return find(pool, offsets[id], offsets[id + 1]);
    }

    private int slotOf(byte[] bytes, int from, int to) {
        long hash = 0xcbf29ce484222325L;
        for (int at = from; at < to; at++) {
            hash = (hash ^ (bytes[at] & 0xff)) * 0x100000001b3L;
        }
        int mask = slots.length - 1;
        int slot = (int) (hash ^ (hash >>> 32)) & mask;
        while (slots[slot] != ABSENT && !holds(slots[slot], bytes, from, to)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private boolean holds(int id, byte[] bytes, int from, int to) {
        return Arrays.equals(pool, offsets[id], offsets[id + 1], bytes, from, to);
    }
}
