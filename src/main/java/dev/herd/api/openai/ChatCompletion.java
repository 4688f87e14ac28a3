package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer.
 *
 * @param created seconds since 1970
 * @param serviceTier which one has served the request, if it asked for one
 * @param systemFingerprint the same as long as the same seed gives the same answer
 * @param safety what the safety policy has found, as far as it shows it
 * @param moderation what a guard says, if the request asked for it
 */
@Schema(requiredProperties = {"id", "object", "created", "model", "choices", "usage"})
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ChatCompletion(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,
        Usage usage,
        @Nullable String serviceTier,
        String systemFingerprint,
        @Nullable SafetyReport safety,
        @Nullable ModerationReport moderation) {

    /** One of the answers. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ChatCompletionChoice",
            requiredProperties = {"index", "message", "logprobs", "finish_reason"})
    public record Choice(
            int index,
            Message message,
            @Nullable @Schema(nullable = true) LogProbs logprobs,
            FinishReasonName finishReason) {}

    /** What the assistant says. The nullable members are required to be present. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ChatCompletionMessage",
            requiredProperties = {"role", "content", "refusal"})
    public record Message(
            String role,
            @Nullable @Schema(nullable = true) String content,
            @Nullable @Schema(nullable = true) String refusal,

            @Nullable @JsonInclude(JsonInclude.Include.NON_NULL)
            List<ChatToolCall> toolCalls) {
        /** What is said instead of an answer. */
        public static Message refusing(String refusal) {
            return new Message("assistant", null, refusal, null);
        }

        /** Text, or calls, or both. */
        public static Message of(String content, List<ChatToolCall> calls) {
            return calls.isEmpty()
                    ? new Message("assistant", content, null, null)
                    : new Message("assistant", content.isEmpty() ? null : content, null, calls);
        }
    }
}
