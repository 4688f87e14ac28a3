package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an answer goes: collected into one body, or streamed. Called by one thread at a time. Ends with either
 * {@link #finished} or {@link #failed}.
 */
interface AnswerSink {
    /** Whether the client reads slower than the answer comes; nothing should be handed over until it has caught up. */
    boolean isFull();

    /** More of a choice. Not called with neither text nor log-probabilities. */
    void delta(int choice, String text, List<LogProbs.Item> logProbs);

    /** The log-probabilities of a choice's prompt, before any delta of it; only where they were asked for. */
    default void scored(int choice, List<LogProbs.Item> prompt) {
        throw new UnsupportedOperationException("no prompt was to be scored");
    }

    /** More of a call that a choice asks for; only where tools were offered. */
    default void call(int choice, CallDelta call) {
        throw new UnsupportedOperationException("no tools were offered");
    }

    /** The safety policy ends a choice: a stream says so if the policy wants it, a whole answer consists of that. */
    void withheld(int choice, Withheld instead);

    /** What a guard says, before the last choice is finished; only where that was asked for. */
    default void moderated(ModerationReport report) {
        throw new UnsupportedOperationException("no moderation was asked for");
    }

    /**
     * A choice is complete.
     *
     * @param safety what the safety policy has found; null if that is not shown, or is with a later choice
     */
    void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport safety);

    /** All choices are complete. */
    void finished(Usage usage);

    /** The answer cannot be completed. */
    void failed(ApiException error);

    /** Nothing more is to be handed over at the moment. */
    void flush();
}
