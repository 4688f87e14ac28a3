package dev.herd.api.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What an answer cost, in tokens.
 *
 * @param completionTokens tokens of all choices together
 */
@JsonNaming(SnakeCaseStrategy.class)
@Schema(requiredProperties = {"prompt_tokens", "completion_tokens", "total_tokens"})
public record Usage(int promptTokens, int completionTokens, int totalTokens, PromptTokensDetails promptTokensDetails) {
    /** The usage of an answer; {@code cachedTokens} of the prompt did not have to be computed. */
    public static Usage of(int promptTokens, int cachedTokens, int completionTokens) {
        return new Usage(
                promptTokens, completionTokens, promptTokens + completionTokens, new PromptTokensDetails(cachedTokens));
    }

    /** How the prompt's tokens were served. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record PromptTokensDetails(int cachedTokens) {}
}
