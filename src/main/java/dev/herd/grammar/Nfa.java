package dev.herd.grammar;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;

/**
 * An automaton over bytes that may call its own rules. Every state leads to an end; no rule begins with itself.
 * Immutable.
 */
final class Nfa {
    /** What the shortest path from a state takes next: a byte if not negative, or one of these. */
    static final int STEP_EMPTY = Edges.EMPTY;

    static final int STEP_CALL = Edges.CALL;
    static final int STEP_END = -3;

    private final Edges edges;
    private final Edges.Groups byState;
    private final ShortestPaths paths;
    private final int[] starts; // by rule
    private final int[] ranks; // by rule: a rule that begins with another has the lower one
    private final int stateCount;
    private final byte[] classes; // [256]
    private final int[] representatives; // [classCount] a byte of each class

    private Nfa(NfaDraft draft, Edges edges, ShortestPaths paths, int[] ranks) {
        this.edges = edges;
        this.stateCount = draft.stateCount();
        this.byState = edges.groupBy(edges::from, stateCount);
        this.paths = paths;
        this.starts = draft.starts();
        this.ranks = ranks;
        this.classes = new byte[256];
        this.representatives = classify(edges, classes);
    }

    /**
     * The automaton of a draft, without what leads nowhere.
     *
     * @throws ConstraintException if nothing is left, or a rule begins with itself
     */
    static Nfa of(NfaDraft draft) {
        ShortestPaths paths = ShortestPaths.of(draft);
        if (paths.cost(draft.starts()[0]) == ShortestPaths.ENDLESS) {
            throw new ConstraintException(
                    "No text can fulfil the constraint: it contradicts itself, or refers to itself without an end.");
        }
        Edges kept = new Edges();
        Edges all = draft.edges();
        for (int edge = 0; edge < all.count(); edge++) {
            int label = all.label(edge);
            boolean isCall = label == Edges.CALL;
            int ruleCost = isCall ? paths.cost(draft.starts()[all.high(edge)]) : 0;
            if (paths.cost(all.target(edge)) == ShortestPaths.ENDLESS || ruleCost == ShortestPaths.ENDLESS) {
                continue;
            }
            kept.add(all.from(edge), label, all.high(edge), all.target(edge));
            if (isCall && ruleCost == 0) {
                kept.add(all.from(edge), Edges.EMPTY, 0, all.target(edge)); // the rule may be left out
            }
        }
        return new Nfa(draft, kept, paths, Ranks.of(draft, kept));
    }

    private static int[] classify(Edges edges, byte[] classes) {
        BitSet firsts = new BitSet(257);
        firsts.set(0);
        for (int edge = 0; edge < edges.count(); edge++) {
            if (edges.label(edge) >= 0) {
                firsts.set(edges.label(edge));
                firsts.set(edges.high(edge) + 1);
            }
        }
        firsts.clear(256);
        int[] representatives = firsts.stream().toArray();
        int number = -1;
        for (int value = 0; value < 256; value++) {
            number += firsts.get(value) ? 1 : 0;
            classes[value] = (byte) number;
        }
        return representatives;
    }

    int stateCount() {
        return stateCount;
    }

    /** The first state of all. */
    int start() {
        return starts[0];
    }

    int startOf(int rule) {
        return starts[rule];
    }

    int rank(int rule) {
        return ranks[rule];
    }

    /** Bytes that no edge tells apart have the same class. */
    int classOf(int value) {
        return classes[value] & 0xff;
    }

    int classCount() {
        return representatives.length;
    }

    /** A byte of a class. */
    int representative(int byteClass) {
        return representatives[byteClass];
    }

    /** States by rising cost; see {@link ShortestPaths#order}. */
    int[] order() {
        return paths.order();
    }

    /** Bytes that it takes at least from {@code state} to the end of its rule. */
    int cost(int state) {
        return paths.cost(state);
    }

    /** How the shortest path goes on: a byte, or one of the {@code STEP_} values. */
    int step(int state) {
        return paths.edge(state) == ShortestPaths.NO_EDGE ? STEP_END : paths.label(state);
    }

    /** Where that step leads. */
    int stepTarget(int state) {
        return paths.target(state);
    }

    /** First state of the rule that the step calls. */
    int stepRuleStart(int state) {
        return starts[paths.rule(state)];
    }

    /** What is reached from {@code state} without a byte. */
    Reach reach(int state) {
        BitSet seen = new BitSet();
        Deque<Integer> open = new ArrayDeque<>();
        int[] byteEdges = new int[4];
        int byteCount = 0;
        int[] calls = new int[2];
        int callCount = 0;
        boolean isEnd = false;
        seen.set(state);
        open.add(state);
        while (!open.isEmpty()) {
            int current = open.removeLast();
            isEnd |= isFinal(current);
            for (int i = byState.starts()[current]; i < byState.starts()[current + 1]; i++) {
                int edge = byState.members()[i];
                if (edges.label(edge) >= 0) {
                    byteEdges = byteCount == byteEdges.length ? Arrays.copyOf(byteEdges, 2 * byteCount) : byteEdges;
                    byteEdges[byteCount++] = edge;
                } else if (edges.label(edge) == Edges.CALL) {
                    calls = callCount == calls.length ? Arrays.copyOf(calls, 2 * callCount) : calls;
                    calls[callCount++] = edge;
                } else if (!seen.get(edges.target(edge))) {
                    seen.set(edges.target(edge));
                    open.add(edges.target(edge));
                }
            }
        }
        return new Reach(edges, Arrays.copyOf(byteEdges, byteCount), Arrays.copyOf(calls, callCount), isEnd);
    }

    private boolean isFinal(int state) {
        // A final state has no edges, and no other state is without: those have been cut off.
        return paths.edge(state) == ShortestPaths.NO_EDGE;
    }

    /**
     * What a state offers: bytes, calls, or the end of its rule.
     *
     * @param byteEdges edges that need a byte
     * @param calls edges that call a rule
     */
    @SuppressWarnings("ArrayRecordComponent") // immutable by convention, never compared
    record Reach(Edges edges, int[] byteEdges, int[] calls, boolean isEnd) {
        /** Whether it offers the end and nothing else. */
        boolean isOnlyEnd() {
            return isEnd && byteEdges.length == 0 && calls.length == 0;
        }
    }
}
