package dev.herd.safety;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link RegexSet} does at ASCII characters, as far as it has been seen: where it waits then, and from which of its
 * ways before each of the new ones comes. Depends on the expressions alone, never on whose text it was. Safe for use by
 * many threads.
 */
final class RegexMemo {
    private static final int ASCII = 128;
    /*
     * Some two megabytes: enough for prose and code. Text made to need more is not remembered, and matched step by step.
     */
    private static final int MOST_STATES = 1000;
    private static final int MOST_MOVES = 16_000;

    private final State[] idle = new State[RegexSet.KIND_COUNT];
    private final ConcurrentHashMap<Key, State> states = new ConcurrentHashMap<>();
    private final AtomicInteger moves = new AtomicInteger();

    RegexMemo() {
        for (int kind = 0; kind < idle.length; kind++) {
            idle[kind] = new State(new int[0]);
        }
    }

    /** Steps at which ways wait, and what kind of character came before. */
    private record Key(int[] steps, int kind) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.kind == kind && Arrays.equals(key.steps, steps);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(steps) + kind;
        }
    }

    /** Where a machine may stand. */
    static final class State {
        private final int[] steps;
        private final AtomicReferenceArray<@Nullable Move> moves = new AtomicReferenceArray<>(ASCII);

        private State(int[] steps) {
            this.steps = steps;
        }

        /** Steps at which ways wait, the one that began first first; not to be changed. */
        int[] steps() {
            return steps;
        }

        /** What an ASCII character does; null if that is not known yet. */
        @Nullable
        Move move(int symbol) {
            return moves.get(symbol);
        }
    }

    /**
     * What a character does.
     *
     * @param sources for each way of {@code next}, which one it goes on with; -1 for one that begins
     * @param hits matching steps and the ways that lead there, in turn; those of the first {@code before} numbers end
     *     before the character
     */
    record Move(State next, int[] sources, int[] hits, int before) {}

    /** Remembers what an ASCII character does in a state. */
    void remember(State state, int symbol, Move move) {
        if (moves.get() < MOST_MOVES) {
            moves.incrementAndGet();
            state.moves.set(symbol, move);
        }
    }

    /** The state of a machine; null if there are too many. */
    @Nullable
    State state(int[] steps, int count, int kind) {
        if (count == 0) {
            return idle[kind];
        }
        Key key = new Key(Arrays.copyOf(steps, count), kind);
        State known = states.get(key);
        if (known != null || states.size() >= MOST_STATES) {
            return known;
        }
        return states.computeIfAbsent(key, wanted -> new State(wanted.steps()));
    }

    /** How many states are remembered in which something waits. */
    int size() {
        return states.size();
    }
}
