package dev.herd.guard;

import java.util.ArrayList;
import java.util.List;

/**
 * Overlapping stretches of a text's tokens that a classifier looks at one by one.
 *
 * @param isComplete whether every token lies in one
 */
record Windows(List<Window> windows, boolean isComplete) {
    Windows {
        windows = List.copyOf(windows);
    }

    /** Tokens {@code [from, to)}. */
    record Window(int from, int to) {}

    /**
     * The windows of a text. Anything of at most {@code overlap} tokens lies whole in one of them.
     *
     * @param size tokens of a window
     * @param overlap tokens that neighbours share
     * @param most windows beyond which the middle is left out
     */
    static Windows of(int tokens, int size, int overlap, int most) {
        int stride = size - Math.clamp(overlap, 0, size - 1);
        List<Window> all = new ArrayList<>();
        for (int from = 0; from < tokens; from += stride) {
            int to = Math.min(from + size, tokens);
            all.add(new Window(from, to));
            if (to == tokens) {
                break;
            }
        }
        if (all.size() <= most) {
            return new Windows(all, true);
        }
        int first = Math.ceilDiv(most, 2);
        List<Window> ends = new ArrayList<>(all.subList(0, first));
        ends.addAll(all.subList(all.size() - (most - first), all.size()));
        return new Windows(ends, false);
    }
}
