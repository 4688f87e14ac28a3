package dev.herd.engine;

/** Why an answer ended. */
public enum FinishReason {
    /** A stop token was chosen, or the request's constraint allows nothing more. */
    STOP,
    /** {@code maxTokens}, or the end of the context, was reached. */
    LENGTH,
    /** The caller cancelled. */
    CANCELLED
}
