package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.api.admin.FloorBody;
import dev.herd.api.openai.ApiException;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.Stored;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /admin/v1/floor}: what the operator demands of all policies. */
@Path("/admin/v1/floor")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminFloorResource {
    private final AdminAccess access;
    private final PolicyAdminSource policies;
    private final ObjectMapper json;

    AdminFloorResource(AdminAccess access, PolicyAdminSource policies, ObjectMapper json) {
        this.access = access;
        this.policies = policies;
        this.json = json;
    }

    @GET
    @Operation(
            operationId = "getFloor",
            summary = "Shows what the operator demands of all policies.",
            description = "For the operator. It holds beside the built-in floor.")
    @APIResponse(
            responseCode = "200",
            description = "The floor.",
            content = @Content(schema = @Schema(implementation = FloorBody.class)))
    public Response get() {
        access.operator();
        return respond(policies.of(access.tenancy())
                .floor()
                .orElseThrow(() -> ApiException.invalidRequest(
                        404, "The operator demands nothing beyond the built-in floor.", null, "not_found")));
    }

    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "writeFloor",
            summary = "Says what the operator demands of all policies.",
            description = "For the operator. `If-Match` with the ETag of the one before, or `If-None-Match: *`.")
    @APIResponse(
            responseCode = "200",
            description = "The floor.",
            content = @Content(schema = @Schema(implementation = FloorBody.class)))
    public Response write(
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch,
            @NotNull @Valid FloorBody request)
            throws PolicyException {
        return respond(policies.of(access.tenancy())
                .writeFloor(access.operator(), request.spec(), AdminAccess.ifMatchOrNew(ifMatch, ifNoneMatch)));
    }

    private Response respond(Stored<Policy> floor) {
        try {
            JsonNode spec = json.readTree(floor.value().json());
            return Response.ok(new FloorBody(spec))
                    .header(HttpHeaders.ETAG, AdminAccess.etag(floor.etag()))
                    .build();
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
