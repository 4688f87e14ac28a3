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
 * Body of {@code POST /v1/completions}: text that is gone on with, without a conversation around it. A null or absent
 * field has the default that it has in a chat request unless stated otherwise; every other field is in {@code others}
 * and is judged by {@link FieldRules#COMPLETION}.
 *
 * @param maxTokens default: 16
 * @param logprobs alternatives wanted with each token's log-probability; null for no log-probabilities
 * @param echo whether an answer begins with its prompt
 * @param safety as in a chat request
 * @param bestOf must equal {@code n}: answers are not ranked
 * @param cacheSalt extension; what is computed of the prompt is shared only with requests of the same salt
 */
@JsonNaming(SnakeCaseStrategy.class)
public record CompletionRequest(
        @Schema(description = "Name of the served model, as /v1/models lists it.") @NotBlank
        String model,

        @NotNull PromptInput prompt,

        @Nullable @Positive @Schema(defaultValue = "16") Integer maxTokens,

        @Nullable @DecimalMin("0") @DecimalMax("2") Double temperature,
        @Nullable @DecimalMin("0") @DecimalMax("1") Double topP,
        @Nullable @Min(1) @Max(128) Integer n,

        @Nullable @Min(1) @Max(128) @Schema(description = "Must equal n: answers are not ranked.")
        Integer bestOf,

        @Nullable
        @Size(max = 4)
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @Schema(
                oneOf = {String.class, String[].class},
                description = "One stop string, or up to four.")
        List<@NotEmpty String> stop,

        @Nullable Long seed,
        @Nullable Boolean stream,
        ChatCompletionRequest.@Nullable @Valid StreamOptions streamOptions,

        @Nullable @Min(0) @Max(20) @Schema(description = "Alternatives wanted with each token's log-probability.")
        Integer logprobs,

        @Nullable
        @Schema(description = "Whether an answer begins with its prompt; with logprobs, the prompt is scored, too.")
        Boolean echo,

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

        @Nullable @Valid @Schema(description = "Extension: a stricter safety policy, and what the answer shows of it.")
        SafetyWish safety,

        @Nullable
        @Size(min = 1, max = 256)
        @Schema(
                description =
                        "Extension: what is computed of the prompt is shared only with requests of the same salt.")
        String cacheSalt,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others)
        implements GenerationFields {
    private static final int DEFAULT_MAX_TOKENS = 16;

    @Override
    public int choiceCount() {
        return n == null ? 1 : n;
    }

    @Override
    public Integer tokenLimit() {
        return maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens;
    }

    @Override
    public boolean wantsLogprobs() {
        return logprobs != null;
    }

    @Override
    public boolean wantsPromptLogprobs() {
        return wantsEcho() && wantsLogprobs();
    }

    @Override
    public @Nullable Integer topLogprobs() {
        return logprobs;
    }

    /** Whether the answer is to be streamed. */
    public boolean wantsStream() {
        return Boolean.TRUE.equals(stream);
    }

    /** Whether a stream ends with an event that carries the usage. */
    public boolean wantsStreamUsage() {
        return wantsStream() && streamOptions != null && Boolean.TRUE.equals(streamOptions.includeUsage());
    }

    /** Whether answers begin with their prompts. */
    public boolean wantsEcho() {
        return Boolean.TRUE.equals(echo);
    }
}
