package dev.herd.api.llama;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /llama/v1/chat/completions}. Every other field is in {@code others} and is judged by
 * {@link dev.herd.api.openai.FieldRules#LLAMA}.
 */
@JsonNaming(SnakeCaseStrategy.class)
public record LlamaChatRequest(
        @Schema(description = "Name of the served model, as /llama/v1/models lists it.") @NotBlank
        String model,

        @NotEmpty @Schema(minItems = 1) List<@NotNull @Valid LlamaMessage> messages,
        @Nullable @Positive Integer maxCompletionTokens,
        @Nullable @DecimalMin("0") @DecimalMax("2") Double temperature,
        @Nullable @DecimalMin("0") @DecimalMax("1") Double topP,
        @Nullable @Min(0) Integer topK,

        @Nullable @DecimalMin(value = "0", inclusive = false) @DecimalMax("10")
        Double repetitionPenalty,

        @Nullable Boolean stream,

        @Nullable @Schema(description = "Functions, as in OpenAI's chat request.")
        List<@NotNull JsonNode> tools,

        @Nullable @Schema(description = "As in OpenAI's chat request.")
        JsonNode toolChoice,

        @Nullable @Schema(type = SchemaType.OBJECT, description = "As in OpenAI's chat request.")
        JsonNode responseFormat,

        @Nullable String user,
        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {

    /** Whether the answer is to be streamed. */
    public boolean wantsStream() {
        return Boolean.TRUE.equals(stream);
    }

    /**
     * A message of the conversation.
     *
     * @param content a string, a part, or a list of parts
     * @param stopReason of an assistant's message; has no meaning in a request
     * @param toolCallId which call a tool's message answers
     * @param toolCalls what an assistant's message calls
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "LlamaMessage")
    public record LlamaMessage(
            @NotNull @Schema(examples = "user") String role,

            @Nullable
            @Schema(
                    oneOf = {String.class, LlamaText.class, LlamaText[].class},
                    description = "A string, a part, or a list of parts.")
            JsonNode content,

            @Nullable String stopReason,
            @Nullable String toolCallId,
            @Nullable List<@NotNull LlamaToolCall> toolCalls) {}

    /** A part that is text. */
    @Schema(
            name = "LlamaText",
            requiredProperties = {"type", "text"})
    public record LlamaText(String type, String text) {
        /** The text {@code text}. */
        public static LlamaText of(String text) {
            return new LlamaText("text", text);
        }
    }

    /** The call of a function. */
    @Schema(name = "LlamaToolCall")
    public record LlamaToolCall(
            @Nullable String id, @Nullable @Valid LlamaFunction function) {}

    /**
     * A function with its arguments.
     *
     * @param arguments JSON text
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "LlamaFunctionCall")
    public record LlamaFunction(
            @Nullable String name, @Nullable String arguments) {}
}
