package dev.herd.safety;

/**
 * What a policy says about something, and what is done about it: less, if it only watches.
 *
 * @param action what it says
 * @param effective what is done
 */
record Ruling(Action action, Action effective) {
    static final Ruling NOTHING = new Ruling(Action.ALLOW, Action.ALLOW);

    /** Said and done. */
    static Ruling of(Action action) {
        return new Ruling(action, action);
    }

    /** Whether there is anything to look for. */
    boolean matters() {
        return action != Action.ALLOW || effective != Action.ALLOW;
    }

    /** The same, but no more severe than {@code limit}, in each respect. */
    Ruling atMost(Ruling limit) {
        return new Ruling(milder(action, limit.action), milder(effective, limit.effective));
    }

    private static Action milder(Action one, Action other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** The more severe of both, in each respect. */
    Ruling or(Ruling other) {
        return new Ruling(action.or(other.action), effective.or(other.effective));
    }
}
