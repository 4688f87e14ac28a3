package dev.herd.engine;

import java.util.Arrays;

/**
 * The order of tokens by logit, highest first and equal ones by id, of which only the part that is asked for is found.
 * A place in the order is a key: a smaller key is a better token. Holds scratch memory; used by one thread.
 */
final class Ranking {
    /*
     * A key holds the logit's bits in its upper half, turned so that higher logits compare as smaller numbers, and the id
     * in its lower half. Keys are distinct, so a cut-off is a key: a token is kept if its key is not greater. Sorting a
     * vocabulary of 200,000 for each token would cost more than the token; selecting by partition is linear. The pivots
     * are scattered by a hash of the range, so that no arrangement of logits that a request could bring about (by its
     * logit bias) makes it quadratic in practice.
     */
    private final long[] keys; // [vocabularySize] scratch

    Ranking(int vocabularySize) {
        keys = new long[vocabularySize];
    }

    /** The key of a token; the logit must not be NaN. */
    static long key(float logit, int token) {
        int bits = Float.floatToRawIntBits(logit + 0.0f); // -0 and 0 are equal logits
        int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        return ((long) ~ascending << Integer.SIZE) | token;
    }

    /** The token of a key. */
    static int token(long key) {
        return (int) key;
    }

    /** The key of the {@code count}-th best token; {@code 1 <= count <= logits.length}. */
    long keyOf(float[] logits, int count) {
        gather(logits, count);
        long last = keys[0];
        for (int i = 1; i < count; i++) {
            last = Math.max(last, keys[i]);
        }
        return last;
    }

    /** The keys of the {@code count} best tokens, best first; {@code 0 <= count <= logits.length}. */
    long[] best(float[] logits, int count) {
        if (count == 0) {
            return new long[0];
        }
        gather(logits, count);
        long[] best = Arrays.copyOf(keys, count);
        Arrays.sort(best);
        return best;
    }

    /**
     * The key of the last token that is kept if the best ones are kept as long as those before it weigh at most
     * {@code limit} together. The best one is always kept.
     *
     * @param logits {@code [vocabularySize]}
     * @param weights {@code [vocabularySize]}, not increasing along the order
     * @param least tokens that weigh less, or nothing, are known not to be kept
     */
    long keyOfWeight(float[] logits, double[] weights, double limit, double least) {
        int size = 0;
        for (int token = 0; token < logits.length; token++) {
            if (weights[token] >= least && weights[token] > 0) {
                keys[size++] = key(logits[token], token);
            }
        }
        int from = 0; // all before are kept, and weigh `before`
        int to = size; // all from here on are not
        double before = 0;
        while (from < to) {
            int pivot = partition(from, to);
            double left = before;
            for (int i = from; i < pivot; i++) {
                left += weights[token(keys[i])];
            }
            if (left > limit) {
                to = pivot;
            } else {
                before = left + weights[token(keys[pivot])];
                from = pivot + 1;
            }
        }
        long last = keys[0];
        for (int i = 1; i < from; i++) {
            last = Math.max(last, keys[i]);
        }
        return last;
    }

    /** Brings the {@code count} best keys to the front, in any order. */
    private void gather(float[] logits, int count) {
        long capacity = Math.min(keys.length, 2L * count);
        long worst = Long.MAX_VALUE;
        int size = 0;
        for (int token = 0; token < logits.length; token++) {
            long key = key(logits[token], token);
            if (key > worst) {
                continue;
            }
            keys[size++] = key;
            if (size == capacity && token + 1 < logits.length) {
                worst = select(size, count);
                size = count;
            }
        }
        select(size, count);
    }

    /** Brings the {@code count} smallest of the first {@code size} keys to the front; the greatest of them is last. */
    private long select(int size, int count) {
        int from = 0;
        int to = size;
        int target = count - 1;
        while (to - from > 1) {
            int pivot = partition(from, to);
            if (pivot == target) {
                break;
            }
            if (pivot < target) {
                from = pivot + 1;
            } else {
                to = pivot;
            }
        }
        return keys[target];
    }

    /** Parts {@code [from, to)} by one of its keys, smaller ones to the left, and returns where that key is then. */
    private int partition(int from, int to) {
        int chosen = from + Math.floorMod((from * 0x9E3779B9 ^ to * 0x85EBCA6B) >>> 1, to - from);
        long pivot = keys[chosen];
        keys[chosen] = keys[to - 1];
        int place = from;
        for (int i = from; i < to - 1; i++) {
            long key = keys[i];
            if (key < pivot) {
                keys[i] = keys[place];
                keys[place++] = key;
            }
        }
        keys[to - 1] = keys[place];
        keys[place] = pivot;
        return place;
    }
}
