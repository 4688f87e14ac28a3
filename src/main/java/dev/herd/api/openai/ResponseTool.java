package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A function that the model may ask to be called.
 *
 * @param type {@code function}; others are refused
 * @param parameters a JSON schema
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResponseTool(
        @NotNull @Schema(examples = "function") String type,
        @Nullable String name,
        @Nullable String description,
        @Nullable @Schema(type = SchemaType.OBJECT) JsonNode parameters,
        @Nullable Boolean strict) {}
