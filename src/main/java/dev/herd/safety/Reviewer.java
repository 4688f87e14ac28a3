package dev.herd.safety;

/** Judges conversations without generating or enforcing anything: the dry run of a policy. */
public interface Reviewer {
    /** What {@code policy} says of a conversation; blocks until the guards have answered. */
    Review review(EffectivePolicy policy, Caller caller, Exchange exchange);

    /**
     * What a policy says.
     *
     * @param input about what goes to the model
     * @param output about the answer; without findings if there is none, or if the input is blocked
     */
    record Review(SafetyDecision input, SafetyDecision output) {}
}
