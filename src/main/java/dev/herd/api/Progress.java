package dev.herd.api;

import dev.herd.engine.FinishReason;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.SampledToken;
import java.util.List;

/** What an answer has still to take in, of the engine's side or a guard's. */
sealed interface Progress {
    record Token(int choice, SampledToken token, boolean isStopToken) implements Progress {}

    record Scores(int choice, List<SampledToken> scores) implements Progress {}

    record Finish(int choice, FinishReason reason, GenerationStats stats) implements Progress {}

    record Failure(Throwable failure) implements Progress {}

    /** A guard has said something, or it is time to ask it. */
    record News(int choice) implements Progress {}

    /** Nothing is generated. */
    record Refusal(int choices) implements Progress {}
}
