package dev.herd.grammar;

import org.jspecify.annotations.Nullable;

/**
 * All that an automaton may be doing after some text: states, each in the frame of its rule. Configurations are states
 * of the deterministic automaton that is made as it is needed; where each byte leads is remembered.
 */
final class Configuration {
    private final int[] states;
    private final Frame[] frames; // by item
    private final int cost;
    private final boolean accepts;
    private final boolean isOpen;
    private final @Nullable Configuration[] next; // by byte class; null until asked for

    Configuration(int[] states, Frame[] frames, Facts facts, int classCount) {
        this.states = states;
        this.frames = frames;
        this.cost = facts.cost();
        this.accepts = facts.accepts();
        this.isOpen = facts.isOpen();
        this.next = new Configuration[classCount];
    }

    /**
     * What follows from the items.
     *
     * @param cost tokens that suffice to complete the text
     * @param accepts whether the text is complete
     * @param isOpen whether anything may follow
     */
    record Facts(int cost, boolean accepts, boolean isOpen) {}

    int itemCount() {
        return states.length;
    }

    int state(int item) {
        return states[item];
    }

    Frame frame(int item) {
        return frames[item];
    }

    /** Tokens that suffice to complete the text. */
    int cost() {
        return cost;
    }

    /** Whether the text may end here. */
    boolean accepts() {
        return accepts;
    }

    /** Whether anything may follow. */
    boolean isOpen() {
        return isOpen;
    }

    @Nullable
    Configuration next(int byteClass) {
        return next[byteClass];
    }

    void remember(int byteClass, Configuration configuration) {
        next[byteClass] = configuration;
    }
}
