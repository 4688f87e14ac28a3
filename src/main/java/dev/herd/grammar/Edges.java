package dev.herd.grammar;

import java.util.Arrays;

/**
 * The edges of an automaton while it is built, in the order in which they were added. A label of 0 to 255 is the least
 * byte of a range that ends with {@link #high}; {@link #EMPTY} needs no byte; {@link #CALL} needs what the rule whose
 * number is {@link #high} describes.
 */
final class Edges {
    static final int EMPTY = -1;
    static final int CALL = -2;

    /** More edges than this are refused. */
    private static final int MOST = 2_000_000;

    private int[] froms = new int[64];
    private int[] labels = new int[64];
    private int[] highs = new int[64];
    private int[] targets = new int[64];
    private int count;

    void add(int from, int label, int high, int target) {
        if (count == MOST) {
            throw new ConstraintException(
                    "The constraint is too large: its automaton has more than " + MOST + " transitions.");
        }
        if (count == froms.length) {
            int capacity = 2 * count;
            froms = Arrays.copyOf(froms, capacity);
            labels = Arrays.copyOf(labels, capacity);
            highs = Arrays.copyOf(highs, capacity);
            targets = Arrays.copyOf(targets, capacity);
        }
        froms[count] = from;
        labels[count] = label;
        highs[count] = high;
        targets[count++] = target;
    }

    int count() {
        return count;
    }

    int from(int edge) {
        return froms[edge];
    }

    int label(int edge) {
        return labels[edge];
    }

    int high(int edge) {
        return highs[edge];
    }

    int target(int edge) {
        return targets[edge];
    }

    /** Edge numbers in groups: those that {@code group} gives the same number stand together. */
    Groups groupBy(EdgeNumber group, int groups) {
        int[] starts = new int[groups + 1];
        for (int edge = 0; edge < count; edge++) {
            starts[group.of(edge) + 1]++;
        }
        for (int i = 0; i < groups; i++) {
            starts[i + 1] += starts[i];
        }
        int[] next = starts.clone();
        int[] members = new int[count];
        for (int edge = 0; edge < count; edge++) {
            members[next[group.of(edge)]++] = edge;
        }
        return new Groups(starts, members);
    }

    /** A number of an edge. */
    @FunctionalInterface
    interface EdgeNumber {
        int of(int edge);
    }

    /**
     * Edges in groups.
     *
     * @param starts {@code [groups + 1]} where each group begins in {@code members}
     * @param members edge numbers
     */
    @SuppressWarnings("ArrayRecordComponent") // a view for the builder, never compared
    record Groups(int[] starts, int[] members) {}
}
