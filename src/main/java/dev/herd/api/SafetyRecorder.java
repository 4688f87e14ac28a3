package dev.herd.api;

import dev.herd.safety.SafetyDecision;

/** Receives decisions, for the metrics. Called on any thread; must not block. */
public interface SafetyRecorder {
    /** Something was decided about one direction of a request. */
    void decided(SafetyDecision decision);
}
