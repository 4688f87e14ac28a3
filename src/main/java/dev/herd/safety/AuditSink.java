package dev.herd.safety;

/** Keeps a record of decisions. Called on any thread; hands over and returns at once. */
public interface AuditSink {
    /** Takes a decision: every one, also those in which nothing was found. */
    void record(SafetyDecision decision);
}
