package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /v1/completions} answers: all of it, or one event of a stream.
 *
 * @param created seconds since 1970
 * @param usage in a stream absent, or a JSON null node, or a {@link Usage} in the last event
 * @param safety what the safety policy has found, as far as it shows it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = {"id", "object", "created", "model", "choices"})
public record Completion(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,

        @Nullable @Schema(implementation = Usage.class, nullable = true)
        Object usage,

        @Nullable SafetyReport safety) {
    /** A completion of the only kind there is. */
    public static Completion of(
            String id,
            long created,
            String model,
            List<Choice> choices,
            @Nullable Object usage,
            @Nullable SafetyReport safety) {
        return new Completion(id, "text_completion", created, model, choices, usage, safety);
    }

    /** One of the texts, or a part of it. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "CompletionChoice",
            requiredProperties = {"index", "text", "logprobs", "finish_reason"})
    public record Choice(
            int index,
            String text,
            @Nullable @Schema(nullable = true) TokenScores logprobs,
            @Nullable @Schema(nullable = true) FinishReasonName finishReason) {}

    /**
     * Log-probabilities of a text's tokens, one entry per token in each list.
     *
     * @param tokens their texts; {@code bytes:\xe2\x82} for bytes that are no character by themselves
     * @param tokenLogprobs null for a first token that nothing comes before
     * @param topLogprobs the most likely tokens and their log-probabilities; null likewise
     * @param textOffset characters of the text before each token
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "CompletionLogProbs",
            requiredProperties = {"tokens", "token_logprobs", "top_logprobs", "text_offset"})
    public record TokenScores(
            List<String> tokens,
            List<@Nullable Float> tokenLogprobs,
            List<@Nullable Map<String, Float>> topLogprobs,
            List<Integer> textOffset) {}
}
