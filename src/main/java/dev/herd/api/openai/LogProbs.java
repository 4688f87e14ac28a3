package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Log-probabilities of a choice or a delta.
 *
 * @param content one item per token of the text
 * @param refusal always null: refusals are not generated
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@Schema(requiredProperties = {"content", "refusal"})
public record LogProbs(
        List<Item> content,
        @Nullable @Schema(nullable = true) List<Item> refusal) {
    /** Log-probabilities of the tokens of a text. */
    public static LogProbs of(List<Item> content) {
        return new LogProbs(List.copyOf(content), null);
    }

    /**
     * A token that was chosen.
     *
     * @param token its text; U+FFFD stands for bytes that are no character by themselves
     * @param logprob natural logarithm of its probability
     * @param bytes its UTF-8 bytes, 0 to 255
     * @param topLogprobs the most likely tokens, best first
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "TokenLogProb",
            requiredProperties = {"token", "logprob", "bytes", "top_logprobs"})
    public record Item(String token, float logprob, List<Integer> bytes, List<Alternative> topLogprobs) {}

    /** A token that could have been chosen. */
    @Schema(
            name = "TopLogProb",
            requiredProperties = {"token", "logprob", "bytes"})
    public record Alternative(String token, float logprob, List<Integer> bytes) {}
}
