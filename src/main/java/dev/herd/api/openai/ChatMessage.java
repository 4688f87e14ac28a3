package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A message of a conversation as the client sends it.
 *
 * @param content a string or a list of parts; null only for an assistant
 * @param name of the participant; not shown to the model
 * @param toolCalls what an assistant asked to be called
 * @param toolCallId which call a tool's message answers
 * @param others fields without effect
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ChatMessage(
        @NotNull Role role,
        @Nullable @Valid MessageContent content,
        @Nullable String name,
        @Nullable String refusal,
        @Nullable String toolCallId,
        @Nullable @Size(max = 128) List<@NotNull @Valid ChatToolCall> toolCalls,
        @Nullable @Schema(hidden = true) JsonNode functionCall,
        @Nullable @Schema(hidden = true) JsonNode audio,
        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {

    /** Who speaks. */
    @Schema(name = "ChatRole")
    public enum Role {
        @JsonProperty("developer")
        DEVELOPER,
        @JsonProperty("system")
        SYSTEM,
        @JsonProperty("user")
        USER,
        @JsonProperty("assistant")
        ASSISTANT,
        @JsonProperty("tool")
        TOOL,
        @JsonProperty("function")
        FUNCTION
    }
}
