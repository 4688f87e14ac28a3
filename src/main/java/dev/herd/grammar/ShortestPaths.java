package dev.herd.grammar;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * How many bytes it takes at least from each state to the final state of its rule, calls included, and the edge that
 * leads there.
 */
final class ShortestPaths {
    /* Knuth's generalisation of Dijkstra's algorithm: a call costs what its rule and its return state cost, which is
     * more than either, so states still become final in the order of their costs. */

    /** The cost of what cannot be reached. */
    static final int ENDLESS = Integer.MAX_VALUE;

    /** {@link #edge} of a state that is itself final, or endless. */
    static final int NO_EDGE = -1;

    private static final int MOST_BYTES = 1 << 30;

    private final NfaDraft draft;
    private final int[] costs; // [stateCount]
    private final int[] via; // [stateCount] edge
    private final int[] order; // [settled] states by rising cost
    private final boolean[] isSettled;
    private final Edges.Groups byTarget;
    private final Edges.Groups byRule;
    private final int[] ruleOfStart; // [stateCount]
    private final PriorityQueue<Long> open = new PriorityQueue<>();
    private int settled;

    private ShortestPaths(NfaDraft draft) {
        Edges edges = draft.edges();
        int rules = draft.starts().length;
        this.draft = draft;
        this.costs = new int[draft.stateCount()];
        this.via = new int[draft.stateCount()];
        this.order = new int[draft.stateCount()];
        this.isSettled = new boolean[draft.stateCount()];
        this.byTarget = edges.groupBy(edges::target, draft.stateCount());
        this.byRule = edges.groupBy(edge -> edges.label(edge) == Edges.CALL ? edges.high(edge) : rules, rules + 1);
        this.ruleOfStart = new int[draft.stateCount()];
        Arrays.fill(costs, ENDLESS);
        Arrays.fill(via, NO_EDGE);
        Arrays.fill(ruleOfStart, -1);
        for (int rule = 0; rule < rules; rule++) {
            ruleOfStart[draft.starts()[rule]] = rule;
        }
    }

    static ShortestPaths of(NfaDraft draft) {
        ShortestPaths paths = new ShortestPaths(draft);
        for (int end : draft.finals()) {
            paths.offer(end, 0, NO_EDGE);
        }
        while (!paths.open.isEmpty()) {
            paths.settle(paths.open.remove());
        }
        return paths;
    }

    /** Bytes from {@code state} to the end of its rule, or {@link #ENDLESS}. */
    int cost(int state) {
        return costs[state];
    }

    /** The first edge of the shortest path, or {@link #NO_EDGE}. */
    int edge(int state) {
        return via[state];
    }

    /** That edge's label. */
    int label(int state) {
        return draft.edges().label(via[state]);
    }

    /** Where that edge leads. */
    int target(int state) {
        return draft.edges().target(via[state]);
    }

    /** The rule that it calls. */
    int rule(int state) {
        return draft.edges().high(via[state]);
    }

    /** States that reach an end, those that a path leads over before the path's first. */
    int[] order() {
        return Arrays.copyOf(order, settled);
    }

    private void offer(int state, int cost, int edge) {
        if (!isSettled[state] && cost < costs[state] && cost < MOST_BYTES) {
            costs[state] = cost;
            via[state] = edge;
            open.add((long) cost << 32 | state);
        }
    }

    private void settle(long entry) {
        int state = (int) entry;
        if (isSettled[state]) {
            return;
        }
        isSettled[state] = true;
        order[settled++] = state;
        Edges edges = draft.edges();
        for (int i = byTarget.starts()[state]; i < byTarget.starts()[state + 1]; i++) {
            int edge = byTarget.members()[i];
            if (edges.label(edge) == Edges.CALL) {
                offerCall(edge);
            } else {
                offer(edges.from(edge), costs[state] + (edges.label(edge) == Edges.EMPTY ? 0 : 1), edge);
            }
        }
        int rule = ruleOfStart[state];
        if (rule >= 0) {
            for (int i = byRule.starts()[rule]; i < byRule.starts()[rule + 1]; i++) {
                offerCall(byRule.members()[i]);
            }
        }
    }

    private void offerCall(int edge) {
        int start = draft.starts()[draft.edges().high(edge)];
        int target = draft.edges().target(edge);
        if (isSettled[start] && isSettled[target]) {
            offer(draft.edges().from(edge), costs[start] + costs[target], edge);
        }
    }
}
