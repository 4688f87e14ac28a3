package dev.herd.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/** The order of rules in which each stands before those that it can begin with. */
final class Ranks {
    private Ranks() {}

    /**
     * The place of each rule in that order.
     *
     * @param edges those of the automaton, with an empty edge beside each call of a rule that may be empty
     * @throws ConstraintException if there is no such order because a rule can begin with itself
     */
    static int[] of(NfaDraft draft, Edges edges) {
        Edges.Groups byState = edges.groupBy(edges::from, draft.stateCount());
        int rules = draft.starts().length;
        List<int[]> firsts = new ArrayList<>(rules);
        int[] callers = new int[rules];
        int[] seenBy = new int[draft.stateCount()]; // number of the rule, from 1, that has seen the state last
        for (int rule = 0; rule < rules; rule++) {
            int[] called = firstCalls(draft.starts()[rule], rule + 1, seenBy, edges, byState);
            firsts.add(called);
            Arrays.stream(called).forEach(callee -> callers[callee]++);
        }
        return order(firsts, callers, draft.names());
    }

    private static int[] order(List<int[]> firsts, int[] callers, List<String> names) {
        int[] ranks = new int[firsts.size()];
        Deque<Integer> free = new ArrayDeque<>();
        for (int rule = 0; rule < callers.length; rule++) {
            if (callers[rule] == 0) {
                free.add(rule);
            }
        }
        int placed = 0;
        while (!free.isEmpty()) {
            int rule = free.removeFirst();
            ranks[rule] = placed++;
            for (int callee : firsts.get(rule)) {
                if (--callers[callee] == 0) {
                    free.add(callee);
                }
            }
        }
        if (placed < ranks.length) {
            throw new ConstraintException("The rule '" + names.get(onCycle(firsts, callers))
                    + "' can begin with itself, directly or through others (left recursion), which is not supported.");
        }
        return ranks;
    }

    /** A rule of a cycle: whoever is called by an unplaced rule is unplaced, so going up from caller to caller ends on one. */
    private static int onCycle(List<int[]> firsts, int[] callers) {
        int[] callerOf = new int[callers.length];
        int rule = 0;
        for (int caller = 0; caller < callers.length; caller++) {
            if (callers[caller] > 0) {
                rule = caller;
                for (int callee : firsts.get(caller)) {
                    callerOf[callee] = caller;
                }
            }
        }
        for (int i = 0; i < callers.length; i++) {
            rule = callerOf[rule];
        }
        return rule;
    }

    /** The distinct rules that can be called before the first byte. */
    private static int[] firstCalls(int start, int mark, int[] seenBy, Edges edges, Edges.Groups byState) {
        BitSet called = new BitSet();
        Deque<Integer> open = new ArrayDeque<>();
        seenBy[start] = mark;
        open.add(start);
        while (!open.isEmpty()) {
            int state = open.removeLast();
            for (int i = byState.starts()[state]; i < byState.starts()[state + 1]; i++) {
                int edge = byState.members()[i];
                if (edges.label(edge) == Edges.CALL) {
                    called.set(edges.high(edge));
                } else if (edges.label(edge) == Edges.EMPTY && seenBy[edges.target(edge)] != mark) {
                    seenBy[edges.target(edge)] = mark;
                    open.add(edges.target(edge));
                }
            }
        }
        return called.stream().toArray();
    }
}
