package dev.herd.engine;

import java.util.List;

/**
 * Receives one request's progress. Called on the engine's thread: implementations hand over and return at once, never
 * block, and never throw. After {@link #onFinish} or {@link #onFailure} nothing more is called.
 */
public interface GenerationListener {
    /** {@code done} of {@code total} prompt tokens are in the cache. */
    default void onPrefill(int done, int total) {}

    /**
     * The log-probabilities of the prompt's next tokens, if they were asked for. The first token of a prompt has none: the
     * first call begins with the second token. All come before {@link #onToken}.
     */
    default void onPromptScores(List<SampledToken> scores) {}

    /** A token was chosen; also called for the stop token. */
    void onToken(SampledToken token);

    /** The answer is complete. */
    void onFinish(FinishReason reason, GenerationStats stats);

    /** The engine could not go on; nothing is wrong with the request. */
    void onFailure(Throwable failure);
}
