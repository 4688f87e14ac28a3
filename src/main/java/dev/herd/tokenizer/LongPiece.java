package dev.herd.tokenizer;

import java.util.Arrays;

/**
 * Merges the bytes of a long piece in O(n log n): a linked list of parts, and a heap of {@code rank << 32 | position}
 * so that the lowest rank, leftmost on ties, comes first. An entry whose pair has changed meanwhile is recognised by
 * its rank and dropped.
 */
final class LongPiece {
    private static final long RANK = 0xffffffffL << 32;

    private final MergeTable merges;
    private final int count;
    private final int[] parts;
    private final int[] next;
    private final int[] previous;
    private final long[] pairs;
    private long[] heap;
    private int heapSize;

    LongPiece(MergeTable merges, int[] byteTokens, byte[] bytes, int length) {
        this.merges = merges;
        count = length;
        parts = new int[length];
        next = new int[length];
        previous = new int[length];
        pairs = new long[length];
        heap = new long[length];
        for (int at = 0; at < length; at++) {
            parts[at] = byteTokens[bytes[at] & 0xff];
            next[at] = at + 1;
            previous[at] = at - 1;
        }
    }

    /** The ids of the piece. */
    int[] merge() {
        for (int at = 0; at < count; at++) {
            rank(at);
        }
        while (heapSize > 0) {
            long entry = pop();
            int at = (int) entry;
            if ((pairs[at] & RANK) == (entry & RANK)) {
                mergeAt(at);
            }
        }
        int[] tokens = new int[count];
        int size = 0;
        for (int at = 0; at < count; at = next[at]) {
            tokens[size++] = parts[at];
        }
        return Arrays.copyOf(tokens, size);
    }

    private void mergeAt(int at) {
        int right = next[at];
        parts[at] = (int) pairs[at];
        next[at] = next[right];
        if (next[right] < count) {
            previous[next[right]] = at;
        }
        pairs[right] = MergeTable.ABSENT;
        rank(at);
        if (previous[at] >= 0) {
            rank(previous[at]);
        }
    }

    private void rank(int at) {
        pairs[at] = next[at] < count ? merges.find(parts[at], parts[next[at]]) : MergeTable.ABSENT;
        if (pairs[at] != MergeTable.ABSENT) {
            push((pairs[at] & RANK) | at);
        }
    }

    private void push(long entry) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, 2 * heap.length);
        }
        int at = heapSize++;
        while (at > 0 && heap[(at - 1) / 2] > entry) {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = entry;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int at = 0;
        while (2 * at + 1 < heapSize) {
            int child = 2 * at + 1;
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
        return top;
    }
}
