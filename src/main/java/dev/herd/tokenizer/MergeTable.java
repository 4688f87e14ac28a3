package dev.herd.tokenizer;

import java.util.Arrays;

/**
 * Which two adjacent tokens may become one, how early, and which one: {@code rank << 32 | merged id} by pair. Filled
 * once, then read by many threads.
 */
final class MergeTable {
    /** The answer of {@link #find} for a pair that does not merge; larger than every other answer. */
    static final long ABSENT = Long.MAX_VALUE;

    private static final long EMPTY = -1;

    private long[] pairs = new long[1 << 10];
    private long[] results = new long[1 << 10];
    private int size;

    MergeTable() {
        Arrays.fill(pairs, EMPTY);
    }

    /** Adds a merge; of two for the same pair the first one counts. */
    void add(int left, int right, int rank, int merged) {
        if (2 * size >= pairs.length) {
            grow();
        }
        long pair = pair(left, right);
        int slot = slotOf(pair);
        if (pairs[slot] == EMPTY) {
            pairs[slot] = pair;
            results[slot] = ((long) rank << 32) | merged;
            size++;
        }
    }

    /** {@code rank << 32 | merged id} of the pair, or {@link #ABSENT}. */
    long find(int left, int right) {
        long pair = pair(left, right);
        int slot = slotOf(pair);
        return pairs[slot] == EMPTY ? ABSENT : results[slot];
    }

    private static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }

    private int slotOf(long pair) {
        int mask = pairs.length - 1;
        long mixed = (pair ^ (pair >>> 29)) * 0x9e3779b97f4a7c15L;
        int slot = (int) (mixed >>> 32) & mask;
        while (pairs[slot] != EMPTY && pairs[slot] != pair) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldPairs = pairs;
        long[] oldResults = results;
        pairs = new long[oldPairs.length * 2];
        results = new long[oldPairs.length * 2];
        Arrays.fill(pairs, EMPTY);
        for (int old = 0; old < oldPairs.length; old++) {
            if (oldPairs[old] != EMPTY) {
                int slot = slotOf(oldPairs[old]);
                pairs[slot] = oldPairs[old];
                results[slot] = oldResults[old];
            }
        }
    }
}
