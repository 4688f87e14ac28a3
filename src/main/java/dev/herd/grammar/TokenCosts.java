package dev.herd.grammar;

import java.util.Arrays;

/**
 * How many tokens of a vocabulary suffice from each state of an automaton to the end of its rule: the fewest into which
 * the shortest path can be cut without a token across the border of a call. Immutable.
 */
final class TokenCosts {
    /** The cost where the vocabulary lacks tokens for the path; sums of it stay great without overflow. */
    static final int UNKNOWN = 1 << 28;

    private final int[] costs; // by state

    TokenCosts(Nfa nfa, Trie trie) {
        costs = new int[nfa.stateCount()];
        Arrays.fill(costs, UNKNOWN);
        for (int state : nfa.order()) {
            costs[state] = cost(nfa, trie, state);
        }
    }

    int of(int state) {
        return costs[state];
    }

    /** The sum of two costs. */
    static int sum(int left, int right) {
        return Math.min(left + right, UNKNOWN);
    }

    /** The states on the way have been settled before. */
    private int cost(Nfa nfa, Trie trie, int state) {
        return switch (nfa.step(state)) {
            case Nfa.STEP_END -> 0;
            case Nfa.STEP_EMPTY -> costs[nfa.stepTarget(state)];
            case Nfa.STEP_CALL -> sum(costs[nfa.stepRuleStart(state)], costs[nfa.stepTarget(state)]);
            default -> cut(nfa, trie, state);
        };
    }

    /** Follows the path through the tree of tokens; wherever a token ends, the path may be cut. */
    private int cut(Nfa nfa, Trie trie, int from) {
        int best = UNKNOWN;
        int state = from;
        int first = 0;
        int count = trie.nodeCount();
        while (true) {
            while (nfa.step(state) == Nfa.STEP_EMPTY) {
                state = nfa.stepTarget(state);
            }
            if (nfa.step(state) < 0) {
                return best;
            }
            int node = trie.find(first, count, nfa.step(state));
            if (node < 0) {
                return best;
            }
            state = nfa.stepTarget(state);
            if (trie.token(node) != Trie.NO_TOKEN) {
                best = Math.min(best, sum(1, costs[state]));
            }
            first = node + 1;
            count = trie.size(node) - 1;
        }
    }
}
