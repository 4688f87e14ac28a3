package dev.herd.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the tokens that may follow on a configuration. Holds scratch memory; used by one thread at a time. */
final class MaskBuilder {
    /*
     * A walk over the tree of tokens in preorder, with the configuration of each depth on a stack; where a byte is
     * impossible the subtree is skipped. Before the walk it is found out how long a plain text may follow, whatever it
     * is (PlainText): up to that length all plain tokens are allowed at once, and only the tree of the others is walked.
     *
     * With a limit, a token is allowed only if what comes after it can be completed at that cost.
     */
    /** Items of new configurations that one mask may take; a grammar that needs more is hostile. */
    private static final int MOST_WORK = 1_000_000;

    private final Nfa nfa;
    private final TokenTrie trie;
    private final Configurations configurations;
    private final int[][][] plainClasses; // [encoding][byte] byte classes
    private final Configuration[] path;
    private int greatestAllowed;
    private int leastRefused;

    MaskBuilder(Nfa nfa, TokenTrie trie, Configurations configurations) {
        this.nfa = nfa;
        this.trie = trie;
        this.configurations = configurations;
        this.path = new Configuration[trie.all().longest() + 1];
        this.plainClasses = new int[PlainText.ENCODINGS.length][][];
        for (int i = 0; i < plainClasses.length; i++) {
            int[] encoding = PlainText.ENCODINGS[i];
            plainClasses[i] = new int[encoding.length / 2][];
            for (int at = 0; at < plainClasses[i].length; at++) {
                plainClasses[i][at] = classes(encoding[2 * at], encoding[2 * at + 1]);
            }
        }
    }

    private int[] classes(int low, int high) {
        int first = nfa.classOf(low);
        int[] classes = new int[nfa.classOf(high) - first + 1]; // classes are numbered by rising bytes
        Arrays.setAll(classes, i -> first + i);
        return classes;
    }

    /**
     * The tokens that may follow on {@code from} if what comes after them may cost {@code limit}.
     *
     * @throws ConstraintException if the grammar is too ambiguous
     */
    TokenMask build(Configuration from, int limit) {
        int startWork = configurations.work();
        long[] words = new long[trie.wordCount()];
        greatestAllowed = -1;
        leastRefused = Integer.MAX_VALUE;
        Trie rest = trie.all();
        Plain plain = plain(from, limit);
        for (TokenTrie.Slice slice : trie.slices()) {
            if (slice.length() <= plain.length()) {
                System.arraycopy(slice.members(), 0, words, 0, words.length);
                greatestAllowed = plain.greatestCost();
                rest = slice.others();
                break;
            }
        }
        walk(rest, from, limit, words, startWork);
        return new TokenMask(words, greatestAllowed, leastRefused);
    }

    private void walk(Trie tree, Configuration from, int limit, long[] words, int startWork) {
        Configuration dead = configurations.dead();
        path[0] = from;
        int nodes = tree.nodeCount();
        int node = 0;
        while (node < nodes) {
            int depth = tree.depth(node);
            Configuration next = configurations.next(path[depth - 1], nfa.classOf(tree.label(node)));
            if (next == dead) {
                node += tree.size(node);
                continue;
            }
            int token = tree.token(node);
            if (token != Trie.NO_TOKEN) {
                judge(token, next.cost(), limit, words);
            }
            path[depth] = next;
            node++;
            requireSimple(startWork);
        }
        Arrays.fill(path, dead); // keeps nothing alive
    }

    private void judge(int token, int cost, int limit, long[] words) {
        if (cost <= limit) {
            words[token >> 6] |= 1L << token;
            greatestAllowed = Math.max(greatestAllowed, cost);
        } else {
            leastRefused = Math.min(leastRefused, cost);
        }
    }

    private void requireSimple(int startWork) {
        if (configurations.work() - startWork > MOST_WORK) {
            throw new ConstraintException(
                    "The constraint is too ambiguous: it takes too long to find out which tokens may come next.");
        }
    }

    /**
     * How much plain text may follow.
     *
     * @param length any plain text of so many characters may follow, cut short anywhere
     * @param greatestCost the most that is to be completed after such a text
     */
    private record Plain(int length, int greatestCost) {}

    /** Looks no further than the longest slice, and not where the cost exceeds {@code limit}. */
    private Plain plain(Configuration from, int limit) {
        int most = trie.slices()[0].length();
        int greatest = 0;
        Set<Configuration> seen = new HashSet<>(List.of(from));
        Collection<Configuration> border = List.of(from);
        for (int length = 0; length < most; length++) {
            Map<Configuration, Boolean> reached = new IdentityHashMap<>();
            int cost = greatest;
            for (Configuration configuration : border) {
                for (int[][] encoding : plainClasses) {
                    cost = Math.max(cost, follow(configuration, encoding, reached));
                }
            }
            if (cost > limit || cost >= TokenCosts.UNKNOWN) {
                return new Plain(length, greatest);
            }
            greatest = cost;
            Set<Configuration> unseen = new LinkedHashSet<>(reached.keySet());
            unseen.removeAll(seen);
            if (unseen.isEmpty()) {
                return new Plain(most, greatest);
            }
            seen.addAll(unseen);
            border = unseen;
        }
        return new Plain(most, greatest);
    }

    /** Adds where all characters of one encoding lead and returns the greatest cost on the way, that of dead ends too. */
    private int follow(Configuration from, int[][] encoding, Map<Configuration, Boolean> reached) {
        List<Configuration> border = List.of(from);
        int greatest = 0;
        for (int at = 0; at < encoding.length; at++) {
            Map<Configuration, Boolean> next = new IdentityHashMap<>();
            for (Configuration configuration : border) {
                for (int byteClass : encoding[at]) {
                    Configuration target = configurations.next(configuration, byteClass);
                    if (target == configurations.dead()) {
                        return TokenCosts.UNKNOWN;
                    }
                    next.put(target, true);
                    greatest = Math.max(greatest, target.cost());
                }
            }
            border = new ArrayList<>(next.keySet());
        }
        border.forEach(target -> reached.put(target, true));
        return greatest;
    }
}
