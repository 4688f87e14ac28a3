package dev.herd.safety;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * An Aho-Corasick automaton over folded code points: finds all of many terms in one pass. Immutable; {@link TermScan} runs
 * it.
 */
final class TermTrie {
    /*
     * Transitions lie in one open hash table, keyed by node and code point. `failure` is the node of the longest proper
     * suffix, `suffixEnd` the nearest node on that way at which a term ends, `held` how many of the last code points may
     * be the beginning of a term that is not complete yet: the depth of the nearest node with children. Where all nodes
     * are few, `table` holds where each ASCII character leads from each of them, failures followed: a row for each node,
     * a column for each letter of the terms, and one for all that is none.
     */
    private static final int ROOT = 0;
    private static final int ASCII = 128;
    private static final int MOST_CELLS = 1 << 17;

    private final boolean isCaseless;
    private final List<Term> terms;
    private long[] keys = new long[64];
    private int[] targets = new int[64];
    private int entries;
    private int[] depth = new int[16];
    private int[] failure = new int[16];
    private int[] suffixEnd = new int[16];
    private int[] firstTerm = new int[16];
    private boolean[] hasChildren = new boolean[16];
    private final int[] nextTerm;
    private final int[] endings;
    private int nodes = 1;
    private int longest;
    private int largest;
    private final byte[] columns = new byte[ASCII];
    private int columnCount = 1;
    private char[] table = {};

    /**
     * Something to look for.
     *
     * @param isWhole whether it counts only as whole words
     */
    record Term(String text, boolean isWhole, ScanRule rule) {}

    TermTrie(List<Term> terms, boolean isCaseless) {
        this.terms = List.copyOf(terms);
        this.isCaseless = isCaseless;
        this.nextTerm = new int[terms.size()];
        Arrays.fill(keys, -1);
        Arrays.fill(firstTerm, -1);
        for (int term = 0; term < terms.size(); term++) {
            add(term);
        }
        link();
        tabulate();
        this.endings = endings();
    }

    private void add(int term) {
        int node = ROOT;
        int[] folded = Folding.of(terms.get(term).text(), isCaseless);
        for (int codePoint : folded) {
            largest = Math.max(largest, codePoint);
            int next = find(node, codePoint);
            if (next < 0) {
                next = newNode(depth[node] + 1);
                put(node, codePoint, next);
                hasChildren[node] = true;
            }
            node = next;
        }
        longest = Math.max(longest, folded.length);
        nextTerm[term] = firstTerm[node];
        firstTerm[node] = term;
    }

    private int newNode(int nodeDepth) {
        if (nodes == depth.length) {
            depth = Arrays.copyOf(depth, nodes * 2);
            failure = Arrays.copyOf(failure, nodes * 2);
            suffixEnd = Arrays.copyOf(suffixEnd, nodes * 2);
            hasChildren = Arrays.copyOf(hasChildren, nodes * 2);
            int from = firstTerm.length;
            firstTerm = Arrays.copyOf(firstTerm, nodes * 2);
            Arrays.fill(firstTerm, from, firstTerm.length, -1);
        }
        depth[nodes] = nodeDepth;
        return nodes++;
    }

    /** Breadth first, so that a node's suffixes are known before it. */
    private void link() {
        List<List<Integer>> children = new ArrayList<>();
        List<Integer> symbols = new ArrayList<>();
        for (int node = 0; node < nodes; node++) {
            children.add(new ArrayList<>());
            symbols.add(0);
        }
        for (int at = 0; at < keys.length; at++) {
            if (keys[at] >= 0) {
                children.get((int) (keys[at] >>> 21)).add(targets[at]);
                symbols.set(targets[at], (int) (keys[at] & 0x1fffff));
            }
        }
        Deque<Integer> queue = new ArrayDeque<>(children.get(ROOT));
        while (!queue.isEmpty()) {
            int node = queue.remove();
            int suffix = failure[node];
            suffixEnd[node] = firstTerm[suffix] >= 0 ? suffix : suffixEnd[suffix];
            for (int child : children.get(node)) {
                failure[child] = step(suffix, symbols.get(child));
                queue.add(child);
            }
        }
    }

    private void tabulate() {
        for (int at = 0; at < keys.length; at++) {
            int symbol = (int) (keys[at] & 0x1fffff);
            if (keys[at] >= 0 && symbol < ASCII && columns[symbol] == 0) {
                columns[symbol] = (byte) columnCount++;
            }
        }
        if (nodes > MOST_CELLS / columnCount) {
            return;
        }
        char[] cells = new char[nodes * columnCount];
        for (int symbol = 0; symbol < ASCII; symbol++) {
            for (int node = 0; columns[symbol] > 0 && node < nodes; node++) {
                cells[node * columnCount + columns[symbol]] = (char) step(node, symbol);
            }
        }
        table = cells;
    }

    private int[] endings() {
        int[] all = new int[nodes];
        for (int node = 0; node < nodes; node++) {
            all[node] = firstTerm[node] >= 0 ? node : afterEnding(node);
        }
        return all;
    }

    /** The node after {@code codePoint}. */
    int step(int from, int codePoint) {
        if (codePoint < ASCII && table.length > 0) {
            return table[from * columnCount + columns[codePoint]];
        }
        if (codePoint > largest) {
            return ROOT;
        }
        for (int node = from; ; node = failure[node]) {
            int next = find(node, codePoint);
            if (next >= 0) {
                return next;
            }
            if (node == ROOT) {
                return ROOT;
            }
        }
    }

    /** How many of the last code points may begin a term that is not complete. */
    int held(int from) {
        int node = from;
        while (!hasChildren[node] && node != ROOT) {
            node = failure[node];
        }
        return depth[node];
    }

    /** The first node from this one on at which a term ends; -1 for none. */
    int ending(int node) {
        return endings[node];
    }

    /** The next such node. */
    int afterEnding(int node) {
        return suffixEnd[node] == ROOT ? -1 : suffixEnd[node];
    }

    int depth(int node) {
        return depth[node];
    }

    /** First term that ends at a node; -1 for none. */
    int firstTerm(int node) {
        return firstTerm[node];
    }

    /** Next term that ends at the same node; -1 for none. */
    int nextTerm(int term) {
        return nextTerm[term];
    }

    Term term(int index) {
        return terms.get(index);
    }

    boolean isCaseless() {
        return isCaseless;
    }

    /** Code points of the longest term. */
    int longest() {
        return longest;
    }

    private int find(int node, int codePoint) {
        long key = ((long) node << 21) | codePoint;
        for (int at = slot(key); ; at = (at + 1) & (keys.length - 1)) {
            if (keys[at] == key) {
                return targets[at];
            }
            if (keys[at] < 0) {
                return -1;
            }
        }
    }

    private void put(int node, int codePoint, int target) {
        if (++entries * 2 > keys.length) {
            grow();
        }
        long key = ((long) node << 21) | codePoint;
        int at = slot(key);
        while (keys[at] >= 0) {
            at = (at + 1) & (keys.length - 1);
        }
        keys[at] = key;
        targets[at] = target;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldTargets = targets;
        keys = new long[oldKeys.length * 2];
        targets = new int[keys.length];
        Arrays.fill(keys, -1);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] >= 0) {
                int at = slot(oldKeys[i]);
                while (keys[at] >= 0) {
                    at = (at + 1) & (keys.length - 1);
                }
                keys[at] = oldKeys[i];
                targets[at] = oldTargets[i];
            }
        }
    }

    private int slot(long key) {
        long mixed = key * 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 40) & (keys.length - 1);
    }
}
