package dev.herd.api;

import dev.herd.engine.GenerationStats;
import java.time.Duration;

/** Receives the figures of answers, for the metrics. Called on any thread; must not block. */
public interface AnswerRecorder {
    /** A choice has come to its end. */
    void finished(Outcome outcome, GenerationStats stats);

    /** A choice's next token came this long after the one before. */
    void tokenAfter(Duration gap);

    /** How a choice ended. */
    enum Outcome {
        /** A stop token or stop string. */
        STOP,
        /** The token limit or the end of the context. */
        LENGTH,
        /** The client went away. */
        CANCELLED
    }

    /** A choice was lost to an error of the engine. */
    void failed();
}
