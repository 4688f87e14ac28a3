package dev.herd.api.admin;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What the operator demands of all policies.
 *
 * @param spec fields of a policy; what is left out is not demanded
 */
@Schema(name = "PolicyFloor", requiredProperties = "spec")
public record FloorBody(
        @NotNull(message = "is missing") @Schema(type = SchemaType.OBJECT)
        JsonNode spec) {}
