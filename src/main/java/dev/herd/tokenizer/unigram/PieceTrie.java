package dev.herd.tokenizer.unigram;

import java.util.Arrays;

/** The pieces of a vocabulary, to find all those that a text goes on with. Filled by one thread, then immutable. */
final class PieceTrie {
    /*
     * One hash table of edges, open addressing: a quarter of a million pieces have about a million nodes, and an object
     * for each would take ten times the memory.
     */
    private static final int NO_PIECE = -1;

    private long[] edges = new long[1 << 10]; // node and character, plus one; 0 where there is none
    private int[] targets = new int[1 << 10];
    private int[] pieces = {NO_PIECE}; // by node
    private int nodes = 1;

    /** Adds a piece; a later one of the same text replaces it. */
    void add(String text, int piece) {
        int node = 0;
        for (int at = 0; at < text.length(); at++) {
            int next = child(node, text.charAt(at));
            node = next == 0 ? addChild(node, text.charAt(at)) : next;
        }
        pieces[node] = piece;
    }

    /** The root, where every walk begins. */
    int root() {
        return 0;
    }

    /** The node behind {@code node}; 0 if no piece goes on so. */
    int child(int node, char next) {
        long edge = edge(node, next);
        for (int slot = slot(edge, edges.length); edges[slot] != 0; slot = (slot + 1) & (edges.length - 1)) {
            if (edges[slot] == edge) {
                return targets[slot];
            }
        }
        return 0;
    }

    /** The piece that ends at {@code node}; negative if none does. */
    int piece(int node) {
        return pieces[node];
    }

    private int addChild(int node, char next) {
        if (2 * nodes >= edges.length) {
            grow();
        }
        if (nodes == pieces.length) {
            pieces = Arrays.copyOf(pieces, 2 * nodes);
        }
        int target = nodes++;
        pieces[target] = NO_PIECE;
        put(edges, targets, edge(node, next), target);
        return target;
    }

    private void grow() {
        long[] moreEdges = new long[2 * edges.length];
        int[] moreTargets = new int[2 * edges.length];
        for (int slot = 0; slot < edges.length; slot++) {
            if (edges[slot] != 0) {
                put(moreEdges, moreTargets, edges[slot], targets[slot]);
            }
        }
        edges = moreEdges;
        targets = moreTargets;
    }

    private static void put(long[] edges, int[] targets, long edge, int target) {
        int slot = slot(edge, edges.length);
        while (edges[slot] != 0) {
            slot = (slot + 1) & (edges.length - 1);
        }
        edges[slot] = edge;
        targets[slot] = target;
    }

    private static long edge(int node, char next) {
        return (((long) node << Character.SIZE) | next) + 1;
    }

    private static int slot(long edge, int length) {
        long mixed = edge * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 32) & (length - 1);
    }
}
