package dev.herd.grammar;

import java.util.Arrays;

/**
 * The byte strings of tokens as a tree in preorder: whoever skips a node skips the {@link #size} nodes below and
 * including it. Node 0 is the first byte of the first token. Immutable.
 */
final class Trie {
    static final int NO_TOKEN = -1;

    private final byte[] labels; // by node
    private final int[] tokens; // by node; NO_TOKEN if no token ends here
    private final int[] sizes; // by node, the node included
    private final short[] depths; // by node, from 1
    private final int longest;

    /**
     * A tree of tokens.
     *
     * @param sorted ids by ascending bytes, none of them empty
     * @param bytes bytes by id
     */
    Trie(int[] sorted, byte[][] bytes) {
        Growing nodes = new Growing();
        byte[] previous = new byte[0];
        for (int token : sorted) {
            byte[] current = bytes[token];
            int mismatch = Arrays.mismatch(previous, current);
            // The same bytes once more get a leaf of their own.
            int shared = Math.min(mismatch < 0 ? current.length : mismatch, current.length - 1);
            nodes.close(shared);
            for (int at = shared; at < current.length; at++) {
                nodes.open(current[at], at + 1);
            }
            nodes.tokens[nodes.count - 1] = token;
            previous = current;
        }
        nodes.close(0);
        labels = Arrays.copyOf(nodes.labels, nodes.count);
        tokens = Arrays.copyOf(nodes.tokens, nodes.count);
        sizes = Arrays.copyOf(nodes.sizes, nodes.count);
        depths = Arrays.copyOf(nodes.depths, nodes.count);
        longest = nodes.longest;
    }

    int nodeCount() {
        return labels.length;
    }

    int label(int node) {
        return labels[node] & 0xff;
    }

    /** The token that ends at a node, or {@link #NO_TOKEN}. */
    int token(int node) {
        return tokens[node];
    }

    int size(int node) {
        return sizes[node];
    }

    /** Bytes on the way to a node, its own included. */
    int depth(int node) {
        return depths[node];
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    /** The node reached by {@code value} among the {@code count} nodes from {@code first} on, or -1. */
    int find(int first, int count, int value) {
        for (int node = first; node < first + count; node += sizes[node]) {
            if (label(node) == value) {
                return node;
            }
        }
        return -1;
    }

    private static final class Growing {
        private byte[] labels = new byte[1024];
        private int[] tokens = new int[1024];
        private int[] sizes = new int[1024];
        private short[] depths = new short[1024];
        private int[] path = new int[16]; // open nodes by depth
        private int open;
        private int count;
        private int longest;

        void open(byte label, int depth) {
            if (count == labels.length) {
                labels = Arrays.copyOf(labels, 2 * count);
                tokens = Arrays.copyOf(tokens, 2 * count);
                sizes = Arrays.copyOf(sizes, 2 * count);
                depths = Arrays.copyOf(depths, 2 * count);
            }
            path = open == path.length ? Arrays.copyOf(path, 2 * open) : path;
            labels[count] = label;
            tokens[count] = NO_TOKEN;
            depths[count] = (short) depth;
            path[open++] = count++;
            longest = Math.max(longest, depth);
        }

        void close(int depth) {
            while (open > depth) {
                int node = path[--open];
                sizes[node] = count - node;
            }
        }
    }
}
