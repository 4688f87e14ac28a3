package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One event of a streamed answer.
 *
 * @param choices one, or none in the event that carries the usage
 * @param usage absent, or a JSON null node, or a {@link Usage}, as {@code stream_options.include_usage} demands
 * @param safety what the safety policy has found, in the event that ends a choice, as far as the policy shows it
 * @param moderation what a guard says, if the request asked for it, in the event that ends the last choice
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = {"id", "object", "created", "model", "choices"})
public record ChatCompletionChunk(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,

        @Nullable @Schema(implementation = Usage.class, nullable = true)
        Object usage,

        @Nullable String serviceTier,
        String systemFingerprint,
        @Nullable SafetyReport safety,
        @Nullable ModerationReport moderation) {

    /** A part of a choice. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ChatCompletionChunkChoice",
            requiredProperties = {"index", "delta", "finish_reason"})
    public record Choice(
            int index,
            Delta delta,
            @Nullable @Schema(nullable = true) LogProbs logprobs,
            @Nullable @Schema(nullable = true) FinishReasonName finishReason) {}

    /** What is new. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "ChatCompletionDelta")
    public record Delta(
            @Nullable String role,
            @Nullable String content,

            @Nullable @Schema(implementation = String.class, nullable = true)
            JsonNode refusal,

            @Nullable List<ToolCallDelta> toolCalls) {}

    /**
     * What is new of a call. Type, id and the function's name come with the first delta of a call only.
     *
     * @param index which call, from 0
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "ToolCallDelta",
            requiredProperties = {"index", "function"})
    public record ToolCallDelta(
            int index, @Nullable String id, @Nullable String type, FunctionDelta function) {}

    /** What is new of a call's function. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "FunctionCallDelta",
            requiredProperties = {"arguments"})
    public record FunctionDelta(@Nullable String name, String arguments) {}
}
