package dev.herd.api.openai;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /detokenize}.
 *
 * @param model checked if it is there
 * @param tokens ids
 */
public record DetokenizeRequest(
        @Nullable String model, @NotNull List<@NotNull @Min(0) Integer> tokens) {
    /**
     * The text of tokens, special ones by name.
     *
     * @param prompt the text, where vLLM's clients look for it
     * @param content the text, where llama.cpp's clients look for it
     */
    @Schema(
            name = "DetokenizeAnswer",
            requiredProperties = {"prompt", "content"})
    public record Answer(String prompt, String content) {}
}
