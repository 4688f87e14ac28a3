package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.herd.chat.PromptFormat;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /v1/chat/completions}: the fields that Herd acts on. Every other field is in {@code others} and is
 * judged by {@link OtherFields}. A null or absent field has OpenAI's default unless stated otherwise.
 *
 * @param temperature default: the checkpoint's own, else 1
 * @param topP default: the checkpoint's own, else 1
 * @param maxTokens older name of {@code maxCompletionTokens}
 * @param maxCompletionTokens default: what the context leaves
 * @param topK extension; 0 and -1 are off; default: the checkpoint's own, else off
 * @param minP extension; 0 is off
 * @param repetitionPenalty extension; 1 is off
 * @param stopTokenIds extension; further ids that end the answer
 * @param ignoreEos extension; only {@code stop}, {@code stopTokenIds} and the length end the answer
 * @param toolChoice {@code none}, {@code auto} (the default), {@code required}, or an object that names functions
 * @param minTokens extension; before that many tokens nothing but the length ends the answer
 * @param priority extension; requests of smaller numbers are admitted first
 * @param addGenerationPrompt extension; false lets the prompt end with the last message
 * @param continueFinalMessage extension; true lets the answer go on with the last message
 * @param includeStopStrInOutput extension; the answer contains the stop string that ends it
 * @param skipSpecialTokens extension; false shows special tokens by name
 * @param safety extension; a stricter safety policy, and what the answer shows of it
 * @param moderation what a guard is to say of conversation and answer; not with {@code stream}
 * @param cacheSalt extension; what is computed of the prompt is shared only with requests of the same salt
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ChatCompletionRequest(
        @Schema(description = "Name of the served model, as /v1/models lists it.") @NotBlank
        String model,

        @NotEmpty @Schema(minItems = 1) List<@NotNull @Valid ChatMessage> messages,
        @Nullable @DecimalMin("0") @DecimalMax("2") Double temperature,
        @Nullable @DecimalMin("0") @DecimalMax("1") Double topP,
        @Nullable @Min(1) @Max(128) Integer n,

        @Nullable
        @Size(max = 4)
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @Schema(
                oneOf = {String.class, String[].class},
                description = "One stop string, or up to four.")
        List<@NotEmpty String> stop,

        @Nullable @Positive Integer maxTokens,
        @Nullable @Positive Integer maxCompletionTokens,
        @Nullable Long seed,
        @Nullable Boolean stream,
        @Nullable @Valid StreamOptions streamOptions,
        @Nullable Boolean logprobs,
        @Nullable @Min(0) @Max(20) Integer topLogprobs,

        @Nullable @Schema(description = "Token id to a number that is added to its logit.")
        Map<String, @NotNull @DecimalMin("-100") @DecimalMax("100") Double> logitBias,

        @Nullable @DecimalMin("-2") @DecimalMax("2") Double frequencyPenalty,
        @Nullable @DecimalMin("-2") @DecimalMax("2") Double presencePenalty,

        @Nullable @Min(-1) @Schema(description = "Extension: keeps this many tokens; 0 and -1 are off.")
        Integer topK,

        @Nullable
        @DecimalMin("0")
        @DecimalMax("1")
        @Schema(description = "Extension: keeps tokens of at least this share of the best one.")
        Double minP,

        @Nullable
        @DecimalMin(value = "0", inclusive = false)
        @DecimalMax("10")
        @Schema(description = "Extension: 1 is off.")
        Double repetitionPenalty,

        @Nullable @Size(max = 64) @Schema(description = "Extension: further ids that end the answer.")
        List<@NotNull @Min(0) Integer> stopTokenIds,

        @Nullable @Schema(description = "Extension: the model's own stop tokens do not end the answer.")
        Boolean ignoreEos,

        @Nullable @Size(max = 128) List<@NotNull @Valid ChatTool> tools,

        @Nullable
        @Schema(
                implementation = Object.class,
                oneOf = {String.class, ToolChoice.class},
                description = "none, auto, required, or an object that names functions.")
        JsonNode toolChoice,

        @Nullable @Schema(description = "False allows one call only.")
        Boolean parallelToolCalls,

        @Nullable @Min(0) @Schema(description = "Extension: only the length ends an answer of fewer tokens.")
        Integer minTokens,

        @Nullable @Schema(description = "Extension: requests of smaller numbers are admitted first.")
        Integer priority,

        @Nullable @Schema(description = "Extension: false lets the prompt end with the last message.")
        Boolean addGenerationPrompt,

        @Nullable @Schema(description = "Extension: true lets the answer go on with the last message.")
        Boolean continueFinalMessage,

        @Nullable @Schema(description = "Extension: the answer contains the stop string that ends it.")
        Boolean includeStopStrInOutput,

        @Nullable @Schema(description = "Extension: false shows special tokens by name.")
        Boolean skipSpecialTokens,

        @Nullable @Valid @Schema(description = "Extension: a stricter safety policy, and what the answer shows of it.")
        SafetyWish safety,

        @Nullable @Valid @Schema(description = "A guard that judges conversation and answer; not with stream.")
        ModerationWish moderation,

        @Nullable
        @Size(min = 1, max = 256)
        @Schema(
                description =
                        "Extension: what is computed of the prompt is shared only with requests of the same salt.")
        String cacheSalt,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others)
        implements GenerationFields {

    @Override
    public int choiceCount() {
        return n == null ? 1 : n;
    }

    @Override
    public @Nullable Integer tokenLimit() {
        return maxCompletionTokens != null ? maxCompletionTokens : maxTokens;
    }

    /** How the prompt is to end. */
    public PromptFormat.Ending ending() {
        if (Boolean.TRUE.equals(continueFinalMessage)) {
            return PromptFormat.Ending.CONTINUATION;
        }
        return Boolean.FALSE.equals(addGenerationPrompt) ? PromptFormat.Ending.TRANSCRIPT : PromptFormat.Ending.ANSWER;
    }

    /**
     * The tools that the model may use.
     *
     * @throws ApiException 400 naming the tool or choice that cannot be served
     */
    public ToolOffer toolOffer() {
        return ToolMapping.offer(this);
    }

    /** The same request with other messages. */
    public ChatCompletionRequest withMessages(List<ChatMessage> others) {
        return new ChatCompletionRequest(
                model,
                others,
                temperature,
                topP,
                n,
                stop,
                maxTokens,
                maxCompletionTokens,
                seed,
                stream,
                streamOptions,
                logprobs,
                topLogprobs,
                logitBias,
                frequencyPenalty,
                presencePenalty,
                topK,
                minP,
                repetitionPenalty,
                stopTokenIds,
                ignoreEos,
                tools,
                toolChoice,
                parallelToolCalls,
                minTokens,
                priority,
                addGenerationPrompt,
                continueFinalMessage,
                includeStopStrInOutput,
                skipSpecialTokens,
                safety,
                moderation,
                cacheSalt,
                this.others);
    }

    /** Whether the answer is to be streamed. */
    public boolean wantsStream() {
        return Boolean.TRUE.equals(stream);
    }

    /** Whether a stream ends with an event that carries the usage. */
    public boolean wantsStreamUsage() {
        return wantsStream() && streamOptions != null && Boolean.TRUE.equals(streamOptions.includeUsage());
    }

    @Override
    public boolean wantsLogprobs() {
        return Boolean.TRUE.equals(logprobs);
    }

    /**
     * Names functions of {@code tools}.
     *
     * @param type {@code function} or {@code allowed_tools}
     * @param function the one that must be called
     * @param allowedTools those that may be called
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record ToolChoice(
            String type, @Nullable Named function, @Nullable AllowedTools allowedTools) {
        /** A function's name. */
        @Schema(name = "NamedFunction")
        public record Named(String name) {}

        /** A tool by name. */
        @Schema(name = "NamedTool")
        public record NamedTool(String type, Named function) {}

        /**
         * Some of the tools.
         *
         * @param mode {@code auto} or {@code required}
         */
        public record AllowedTools(String mode, List<NamedTool> tools) {}
    }

    /**
     * What a stream is to contain.
     *
     * @param others fields without effect
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record StreamOptions(
            @Nullable Boolean includeUsage,
            @Nullable Boolean includeObfuscation,
            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}
}
