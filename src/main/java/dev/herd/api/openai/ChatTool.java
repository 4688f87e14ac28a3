package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A tool that the model may ask for.
 *
 * @param type {@code function}; others are refused
 * @param others fields without effect
 */
@Schema(
        name = "Tool",
        requiredProperties = {"type", "function"})
public record ChatTool(
        @NotNull @Schema(examples = "function") String type,
        @Nullable @Valid Function function,
        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
    /**
     * A function.
     *
     * @param parameters JSON schema of the object of its arguments; none means that there are none
     * @param strict whether the arguments are held to that schema while they are generated
     * @param others fields without effect
     */
    @Schema(name = "FunctionDefinition")
    public record Function(
            @NotNull
            @Pattern(
                    regexp = "[a-zA-Z0-9_.-]{1,64}",
                    message = "must consist of 1 to 64 letters, digits, '_', '-' and '.'")
            String name,

            @Nullable @Size(max = 16_384) String description,

            @Nullable @JsonBudget(maxLength = 65_536, maxDepth = 48) @Schema(implementation = Object.class)
            ObjectNode parameters,

            @Nullable Boolean strict,
            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}
}
