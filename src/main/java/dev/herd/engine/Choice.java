package dev.herd.engine;

/** What a step brings for one of its sequences. */
sealed interface Choice {
    /** Nothing to choose yet: the prompt is not in the cache to its end. */
    record None() implements Choice {}

    /** The one {@link None}. */
    Choice NONE = new None();

    /** A token. */
    record Token(SampledToken token) implements Choice {}

    /** Its logits allow no choice. */
    record Failure(RuntimeException cause) implements Choice {}
}
