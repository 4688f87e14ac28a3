package dev.herd.api.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a guard says of some inputs.
 *
 * @param model name of the guard that was asked
 * @param results one for each input
 */
@Schema(requiredProperties = {"id", "model", "results"})
public record Moderation(String id, String model, List<Result> results) {
    public Moderation {
        results = List.copyOf(results);
    }

    /**
     * What it says of one: OpenAI's categories, and Llama Guard's as {@code lg/S1} to {@code lg/S14}.
     *
     * @param categories whether each was found
     * @param categoryScores 0 to 1
     * @param categoryAppliedInputTypes what was looked at for each: {@code text}, {@code image}
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "ModerationResult",
            requiredProperties = {"flagged", "categories", "category_scores", "category_applied_input_types"})
    public record Result(
            boolean flagged,
            Map<String, Boolean> categories,
            Map<String, Double> categoryScores,
            Map<String, List<String>> categoryAppliedInputTypes) {}
}
