package dev.herd.safety;

/** Judges what a conversation is about. Used by many threads at once; may block, and heeds interrupts. */
public interface ContentGuard {
    /** What policies call it. */
    String name();

    /** Which edition it is, for the audit log: changes when its answers may. */
    String revision();

    /** Judges the last turn. */
    GuardScores assess(GuardQuery query) throws GuardException;
}
