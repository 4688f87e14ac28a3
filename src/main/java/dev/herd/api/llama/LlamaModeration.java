package dev.herd.api.llama;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.herd.api.llama.LlamaChatRequest.LlamaMessage;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What {@code POST /llama/v1/moderations} answers.
 *
 * @param model name of the guard that was asked
 * @param results one, about the last message
 */
@Schema(requiredProperties = {"model", "results"})
public record LlamaModeration(String model, List<Result> results) {
    public LlamaModeration {
        results = List.copyOf(results);
    }

    /**
     * What the guard says.
     *
     * @param flaggedCategories names of Llama Guard's categories
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "LlamaModerationResult",
            requiredProperties = {"flagged", "flagged_categories"})
    public record Result(boolean flagged, List<String> flaggedCategories) {}

    /**
     * The request.
     *
     * @param messages a conversation, of which the last message is judged: a user's as input, an assistant's as output
     * @param model which guard; null or {@code Llama-Guard} for the server's own choice
     */
    @Schema(name = "LlamaModerationRequest")
    public record Request(
            @NotEmpty @Schema(minItems = 1) List<@NotNull @Valid LlamaMessage> messages,
            @Nullable String model,
            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}
}
