package dev.herd.safety;

/** Judges what a conversation is about. Used by many threads at once; may block, and heeds interrupts. */
public interface ContentGuard {
    /** What policies call it. */
    String name();

    /** Which edition it is, for the audit log: changes when its answers may. */
    String revision();

    /** Whether it answers within microseconds and never blocks, so that it may be asked about every piece of text. */
    default boolean isImmediate() {
        return false;
    }

    /** Whether pictures in turns reach it. A guard that is being loaded says yes: it is waited for, not passed over. */
    default boolean seesPictures() {
        return false;
    }

    /** Judges the last turn. */
    GuardScores assess(GuardQuery query) throws GuardException;
}
