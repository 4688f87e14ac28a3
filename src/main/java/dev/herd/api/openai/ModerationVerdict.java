package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a guard said of one direction of a request that asked for it, in one of OpenAI's three forms.
 *
 * @param type {@code moderation_results}, with {@code model} and {@code results}; {@code moderation_result}, with
 *     {@code model}, {@code flagged} and the categories; or {@code error}, with {@code code} and {@code message}
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = "type")
public record ModerationVerdict(
        String type,
        @Nullable String model,
        @Nullable List<ModerationVerdict> results,
        @Nullable Boolean flagged,
        @Nullable Map<String, Boolean> categories,
        @Nullable Map<String, Double> categoryScores,
        @Nullable Map<String, List<String>> categoryAppliedInputTypes,
        @Nullable String code,
        @Nullable String message) {
    /** Of the conversation, or of each choice. */
    public static ModerationVerdict of(String model, List<Moderation.Result> results) {
        List<ModerationVerdict> each =
                results.stream().map(result -> of(model, result)).toList();
        return new ModerationVerdict("moderation_results", model, each, null, null, null, null, null, null);
    }

    private static ModerationVerdict of(String model, Moderation.Result result) {
        return new ModerationVerdict(
                "moderation_result",
                model,
                null,
                result.flagged(),
                result.categories(),
                result.categoryScores(),
                result.categoryAppliedInputTypes(),
                null,
                null);
    }

    /** None, and why. */
    public static ModerationVerdict failed(ErrorBody.Detail error) {
        String code = error.code() == null ? "guard_unavailable" : error.code();
        return new ModerationVerdict("error", null, null, null, null, null, null, code, error.message());
    }

    /** The same where there is but one thing to be judged. */
    public ModerationVerdict single() {
        return results == null ? this : results.getFirst();
    }
}
