package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a chat request wants to be told by a guard, beside what its safety policy does.
 *
 * @param model which guard, as for {@code /v1/moderations}
 * @param policy what is judged; null for both directions, without consequences
 */
@Schema(name = "ChatModeration")
public record ModerationWish(
        @NotBlank String model, @Nullable @Valid Policy policy) {
    private static final Rule SCORE = new Rule(Mode.SCORE);

    /** What is judged; a direction that is null is not. */
    @Schema(name = "ChatModerationPolicy")
    public record Policy(
            @Nullable @Valid Rule input, @Nullable @Valid Rule output) {}

    /** What follows. */
    @Schema(name = "ChatModerationRule")
    public record Rule(@NotNull Mode mode) {}

    /** What is done about what is found. */
    @Schema(name = "ChatModerationMode")
    public enum Mode {
        /** It is reported. */
        @JsonProperty("score")
        SCORE,
        /** It is held back, too. */
        @JsonProperty("block")
        BLOCK
    }

    /** The rule for the conversation; null if it is not judged. */
    public @Nullable Rule input() {
        return policy == null ? SCORE : policy.input();
    }

    /** The rule for the answer; null if it is not judged. */
    public @Nullable Rule output() {
        return policy == null ? SCORE : policy.output();
    }
}
