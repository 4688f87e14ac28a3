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
 */
@Schema(requiredProperties = {"id", "object", "created", "model", "choices", "usage"})
public record ChatCompletion(String id, String object, long created, String model, List<Choice> choices, Usage usage) {
    /** An answer of the only kind there is. */
    public static ChatCompletion of(String id, long created, String model, List<Choice> choices, Usage usage) {
        return new ChatCompletion(id, "chat.completion", created, model, choices, usage);
    }

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
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ChatCompletionMessage",
            requiredProperties = {"role", "content", "refusal"})
    public record Message(
            String role,
            @Nullable @Schema(nullable = true) String content,
            @Nullable @Schema(nullable = true) String refusal) {
        /** Plain text. */
        public static Message of(String content) {
            return new Message("assistant", content, null);
        }
    }
}
