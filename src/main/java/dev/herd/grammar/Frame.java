package dev.herd.grammar;

/**
 * Where a called rule returns to: states of its callers, each with the frame that the caller itself returns to. Calls
 * that happen at the same byte share one frame. Two frames of one {@link Configurations} are equal only if they are one
 * object. Immutable.
 */
final class Frame {
    private final int id;
    private final int[] states;
    private final Frame[] parents;
    private final int cost;

    /** With the tokens that suffice from the return to the very end. */
    Frame(int id, int[] states, Frame[] parents, int cost) {
        this.id = id;
        this.states = states;
        this.parents = parents;
        this.cost = cost;
    }

    /** The frame of the first rule, which returns to nobody. */
    static Frame root(int id) {
        return new Frame(id, new int[0], new Frame[0], 0);
    }

    boolean isRoot() {
        return states.length == 0;
    }

    int id() {
        return id;
    }

    int returnCount() {
        return states.length;
    }

    int state(int index) {
        return states[index];
    }

    Frame parent(int index) {
        return parents[index];
    }

    int cost() {
        return cost;
    }
}
