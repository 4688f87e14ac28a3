package dev.herd.grammar;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;

/** Distinct pairs of state and frame while a configuration is made, for calls with the called rule. Scratch memory. */
final class Items {
    private static final int MOST = 1_024;
    private static final int FEW = 16;

    private final Set<Item> seen = new HashSet<>(); // once there are more than a few
    private int[] rules = new int[FEW];
    private int[] states = new int[FEW];
    private Frame[] frames = new Frame[FEW];
    private int count;

    void clear() {
        count = 0;
        if (!seen.isEmpty()) {
            seen.clear();
        }
    }

    void add(int state, Frame frame) {
        addCall(0, state, frame);
    }

    void addCall(int rule, int state, Frame frame) {
        if (contains(rule, state, frame)) {
            return;
        }
        if (count == MOST) {
            throw new ConstraintException(
                    "The constraint is too ambiguous: some text can be read in more than " + MOST + " ways.");
        }
        if (count == states.length) {
            rules = Arrays.copyOf(rules, 2 * count);
            states = Arrays.copyOf(states, 2 * count);
            frames = Arrays.copyOf(frames, 2 * count);
        }
        rules[count] = rule;
        states[count] = state;
        frames[count++] = frame;
    }

    private boolean contains(int rule, int state, Frame frame) {
        if (count >= FEW) {
            for (int i = seen.size(); i < count; i++) {
                seen.add(new Item(rules[i], states[i], frames[i].id()));
            }
            return seen.contains(new Item(rule, state, frame.id()));
        }
        for (int i = 0; i < count; i++) {
            if (states[i] == state && frames[i] == frame && rules[i] == rule) {
                return true;
            }
        }
        return false;
    }

    int count() {
        return count;
    }

    int rule(int item) {
        return rules[item];
    }

    int state(int item) {
        return states[item];
    }

    Frame frame(int item) {
        return frames[item];
    }

    /** The states of all items. */
    int[] states() {
        return Arrays.copyOf(states, count);
    }

    /** The frames of all items. */
    Frame[] frames() {
        return Arrays.copyOf(frames, count);
    }

    /** Overwrites an item with another. */
    void move(int from, int to) {
        rules[to] = rules[from];
        states[to] = states[from];
        frames[to] = frames[from];
    }

    /** Forgets all items from {@code length} on. */
    void truncate(int length) {
        count = length;
    }

    /** Forgets items whose state does not fulfil {@code isKept}; none may be added before the next {@link #clear}. */
    void keepIf(IntPredicate isKept) {
        int kept = 0;
        for (int item = 0; item < count; item++) {
            if (isKept.test(states[item])) {
                move(item, kept++);
            }
        }
        count = kept;
    }

    /** Orders by state, then by frame. */
    void sort() {
        for (int i = 1; i < count; i++) {
            int state = states[i];
            Frame frame = frames[i];
            int at = i;
            while (at > 0
                    && (states[at - 1] > state || (states[at - 1] == state && frames[at - 1].id() > frame.id()))) {
                move(at - 1, at);
                at--;
            }
            states[at] = state;
            frames[at] = frame;
        }
    }

    /** What tells sorted items from others. */
    int[] key(boolean flag) {
        int[] key = new int[2 * count + 1];
        for (int i = 0; i < count; i++) {
            key[2 * i] = states[i];
            key[2 * i + 1] = frames[i].id();
        }
        key[2 * count] = flag ? 1 : 0;
        return key;
    }

    private record Item(int rule, int state, int frame) {}
}
