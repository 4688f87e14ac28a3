package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
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
 * @param topK extension; 0 is off; default: the checkpoint's own, else off
 * @param minP extension; 0 is off
 * @param repetitionPenalty extension; 1 is off
 * @param stopTokenIds extension; further ids that end the answer
 * @param ignoreEos extension; only {@code stop}, {@code stopTokenIds} and the length end the answer
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

        @Nullable @Min(0) @Schema(description = "Extension: keeps this many tokens; 0 is off.")
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

    /** What a stream is to contain. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record StreamOptions(
            @Nullable Boolean includeUsage, @Nullable Boolean includeObfuscation) {}
}
