package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a guard said of a conversation and its answer.
 *
 * @param model name of the guard that was asked
 * @param input about the conversation; null if it was not judged
 * @param output about the worst of the choices; null if they were not judged
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@Schema(
        name = "ChatModerationReport",
        requiredProperties = {"model", "input", "output"})
public record ModerationReport(
        String model,
        @Schema(nullable = true) Moderation.@Nullable Result input,
        @Schema(nullable = true) Moderation.@Nullable Result output) {}
