package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A call that the model asks for, in an answer or in a message of the conversation.
 *
 * @param type {@code function}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "ToolCall",
        requiredProperties = {"id", "type", "function"})
public record ChatToolCall(
        @Nullable String id,
        @NotNull String type,
        @NotNull @Valid Function function) {
    /** A call of a function. */
    public static ChatToolCall of(String id, String name, String arguments) {
        return new ChatToolCall(id, "function", new Function(name, arguments));
    }

    /**
     * Which function, and with what.
     *
     * @param arguments a JSON object, as text
     */
    @Schema(
            name = "FunctionCall",
            requiredProperties = {"name", "arguments"})
    public record Function(@NotNull String name, @NotNull String arguments) {}
}
