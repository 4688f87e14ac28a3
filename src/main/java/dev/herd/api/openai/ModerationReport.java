package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a guard said of a conversation and its answer, because the request asked for that.
 *
 * @param input about the conversation; null if it was not to be judged
 * @param output about the choices; null if they were not to be judged
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@Schema(requiredProperties = {"input", "output"})
public record ModerationReport(
        @Schema(nullable = true) @Nullable ModerationVerdict input,
        @Schema(nullable = true) @Nullable ModerationVerdict output) {
    /** The same for one choice, as {@code /v1/responses} shows it. */
    public ModerationReport single() {
        return new ModerationReport(input == null ? null : input.single(), output == null ? null : output.single());
    }
}
