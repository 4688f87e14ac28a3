package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What an answer cost, in tokens.
 *
 * @param completionTokens tokens of all choices together
 */
@JsonNaming(SnakeCaseStrategy.class)
@Schema(requiredProperties = {"prompt_tokens", "completion_tokens", "total_tokens"})
public record Usage(int promptTokens, int completionTokens, int totalTokens, PromptTokensDetails promptTokensDetails) {
    /**
     * The usage of an answer; {@code cachedTokens} of the prompt did not have to be computed, {@code imageTokens} of it
     * are pictures.
     */
    public static Usage of(int promptTokens, int cachedTokens, int imageTokens, int completionTokens) {
        return new Usage(
                promptTokens,
                completionTokens,
                promptTokens + completionTokens,
                new PromptTokensDetails(cachedTokens, imageTokens == 0 ? null : imageTokens));
    }

    /**
     * What the prompt's tokens are and how they were served.
     *
     * @param imageTokens tokens that pictures take, separators included; absent if there are none
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record PromptTokensDetails(
            int cachedTokens,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Integer imageTokens) {}
}
