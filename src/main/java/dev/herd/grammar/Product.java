package dev.herd.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** The product of two automata without calls: pairs of states, numbered as they are reached. */
final class Product {
    private final Side left;
    private final Side right;
    private final Edges edges;
    private final IntSupplier newState;
    private final Map<Long, Integer> states = new HashMap<>();
    private final List<Long> open = new ArrayList<>();

    /** Takes where edges are added and where states come from. */
    Product(Side left, Side right, Edges edges, IntSupplier newState) {
        this.left = left;
        this.right = right;
        this.edges = edges;
        this.newState = newState;
    }

    /** One of the two automata. */
    record Side(Edges edges, Edges.Groups byState, int start, int end) {
        private int first(int state) {
            return byState.starts()[state];
        }

        private int behind(int state) {
            return byState.starts()[state + 1];
        }

        private int edge(int index) {
            return byState.members()[index];
        }
    }

    /** Leads from {@code from} over all that both accept to {@code end}. */
    void append(int from, int end) {
        edges.add(from, Edges.EMPTY, 0, stateOf(left.start(), right.start()));
        while (!open.isEmpty()) {
            long pair = open.removeLast();
            int leftState = (int) (pair >> 32);
            int rightState = (int) pair;
            int state = stateOf(leftState, rightState);
            if (leftState == left.end() && rightState == right.end()) {
                edges.add(state, Edges.EMPTY, 0, end);
            }
            addEmpty(state, leftState, rightState);
            addBytes(state, leftState, rightState);
        }
    }

    private int stateOf(int leftState, int rightState) {
        long pair = (long) leftState << 32 | rightState;
        Integer known = states.get(pair);
        if (known != null) {
            return known;
        }
        int state = newState.getAsInt();
        states.put(pair, state);
        open.add(pair);
        return state;
    }

    private void addEmpty(int state, int leftState, int rightState) {
        for (int i = left.first(leftState); i < left.behind(leftState); i++) {
            if (left.edges().label(left.edge(i)) == Edges.EMPTY) {
                edges.add(state, Edges.EMPTY, 0, stateOf(left.edges().target(left.edge(i)), rightState));
            }
        }
        for (int i = right.first(rightState); i < right.behind(rightState); i++) {
            if (right.edges().label(right.edge(i)) == Edges.EMPTY) {
                edges.add(
                        state, Edges.EMPTY, 0, stateOf(leftState, right.edges().target(right.edge(i))));
            }
        }
    }

    private void addBytes(int state, int leftState, int rightState) {
        for (int i = left.first(leftState); i < left.behind(leftState); i++) {
            for (int j = right.first(rightState); j < right.behind(rightState); j++) {
                addCommon(state, left.edge(i), right.edge(j));
            }
        }
    }

    private void addCommon(int state, int leftEdge, int rightEdge) {
        int low = Math.max(left.edges().label(leftEdge), right.edges().label(rightEdge));
        int high = Math.min(left.edges().high(leftEdge), right.edges().high(rightEdge));
        boolean areBytes = left.edges().label(leftEdge) >= 0 && right.edges().label(rightEdge) >= 0;
        if (areBytes && low <= high) {
            edges.add(
                    state,
                    low,
                    high,
                    stateOf(left.edges().target(leftEdge), right.edges().target(rightEdge)));
        }
    }
}
