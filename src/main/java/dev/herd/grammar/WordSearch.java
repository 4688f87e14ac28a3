package dev.herd.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** The automaton that finds the first of some words in a stream of bytes (Aho and Corasick). State 0 is the start. */
final class WordSearch {
    /** The state in which a word is complete. */
    static final int FOUND = -1;

    private static final int NONE = -2;

    private final List<int[]> next = new ArrayList<>(); // [256] by state

    /** Takes the words, none of them empty. */
    WordSearch(List<byte[]> words) {
        addState();
        for (byte[] word : words) {
            add(word);
        }
        close();
    }

    int stateCount() {
        return next.size();
    }

    /** The state after {@code value}, or {@link #FOUND}. */
    int next(int state, int value) {
        return next.get(state)[value];
    }

    private int addState() {
        int[] row = new int[256];
        Arrays.fill(row, NONE);
        next.add(row);
        return next.size() - 1;
    }

    private void add(byte[] word) {
        int state = 0;
        for (int at = 0; at < word.length && state != FOUND; at++) {
            int value = Byte.toUnsignedInt(word[at]);
            int target = next.get(state)[value];
            if (at == word.length - 1) {
                target = FOUND;
            } else if (target == NONE) {
                target = addState();
            }
            next.get(state)[value] = target;
            state = target;
        }
    }

    /** Fills what is missing with where the longest suffix that begins a word leads. */
    private void close() {
        int[] suffixes = new int[next.size()];
        Deque<Integer> open = new ArrayDeque<>();
        open.add(0);
        while (!open.isEmpty()) {
            int state = open.removeFirst();
            int[] row = next.get(state);
            for (int value = 0; value < row.length; value++) {
                int otherwise = state == 0 ? 0 : next.get(suffixes[state])[value];
                if (row[value] == NONE) {
                    row[value] = otherwise;
                } else if (row[value] != FOUND && otherwise == FOUND) {
                    row[value] = FOUND;
                } else if (row[value] != FOUND) {
                    suffixes[row[value]] = otherwise;
                    open.add(row[value]);
                }
            }
        }
    }
}
