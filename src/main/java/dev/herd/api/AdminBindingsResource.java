package dev.herd.api;

import dev.herd.api.admin.BindingsBody;
import dev.herd.tenant.Binding;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Scope;
import dev.herd.tenant.Stored;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
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

/** {@code /admin/v1/tenants/{tenant}/bindings}: which policy binds which requests. */
@Path("/admin/v1/tenants/{tenant}/bindings")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminBindingsResource {
    private final AdminAccess access;
    private final PolicyAdminSource policies;

    AdminBindingsResource(AdminAccess access, PolicyAdminSource policies) {
        this.access = access;
        this.policies = policies;
    }

    @GET
    @Operation(
            operationId = "getBindings",
            summary = "Shows which policies bind a tenant.",
            description = "The ETag is what If-Match of a change states.")
    @APIResponse(
            responseCode = "200",
            description = "The bindings.",
            content = @Content(schema = @Schema(implementation = BindingsBody.class)))
    public Response get(@PathParam("tenant") String tenant) {
        access.of(tenant, Scope.POLICY_READ);
        return respond(policies.of(access.tenancy()).bindings(tenant));
    }

    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "writeBindings",
            summary = "Binds policies.",
            description =
                    "All bindings of the tenant are replaced at once. Requests under way keep the policy that they"
                            + " began with.")
    @APIResponse(
            responseCode = "200",
            description = "The bindings.",
            content = @Content(schema = @Schema(implementation = BindingsBody.class)))
    public Response write(
            @PathParam("tenant") String tenant,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @NotNull @Valid BindingsBody request) {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        return respond(
                policies.of(access.tenancy()).bind(caller, tenant, request.table(), AdminAccess.ifMatch(ifMatch)));
    }

    private static Response respond(Stored<Binding.Table> table) {
        return Response.ok(BindingsBody.of(table.value()))
                .header(HttpHeaders.ETAG, AdminAccess.etag(table.etag()))
                .build();
    }
}
