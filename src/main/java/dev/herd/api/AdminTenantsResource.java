package dev.herd.api;

import dev.herd.api.admin.TenantBody;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Scope;
import dev.herd.tenant.Stored;
import dev.herd.tenant.Tenant;
import dev.herd.tenant.TenantAdmin;
import dev.herd.tenant.TenantState;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /admin/v1/tenants}: who may use the server. */
@Path("/admin/v1/tenants")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminTenantsResource {
    private final AdminAccess access;

    AdminTenantsResource(AdminAccess access) {
        this.access = access;
    }

    private TenantAdmin tenants() {
        return access.tenancy().tenants();
    }

    @GET
    @Operation(
            operationId = "listTenants",
            summary = "Lists the tenants.",
            description = "With a key of a tenant, only that one.")
    @APIResponse(
            responseCode = "200",
            description = "The tenants.",
            content = @Content(schema = @Schema(implementation = TenantBody.Listing.class)))
    public TenantBody.Listing list() {
        Identity caller = access.caller();
        List<TenantState> visible = caller.isOperator()
                ? tenants().tenants()
                : caller.tenant().filter(own -> caller.may(Scope.ADMIN)).stream()
                        .map(own -> tenants().tenant(own.id()))
                        .toList();
        return new TenantBody.Listing(visible.stream()
                .map(tenant -> TenantBody.of(tenant.tenant().value()))
                .toList());
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "createTenant", summary = "Adds a tenant.", description = "For the operator.")
    @APIResponse(
            responseCode = "201",
            description = "The tenant.",
            content = @Content(schema = @Schema(implementation = TenantBody.class)))
    public Response create(@NotNull @Valid TenantBody.Creation request) {
        return respond(tenants().create(access.operator(), request.tenant()), 201);
    }

    @GET
    @Path("{tenant}")
    @Operation(
            operationId = "getTenant",
            summary = "Shows a tenant.",
            description = "The ETag is what If-Match of a change states.")
    @APIResponse(
            responseCode = "200",
            description = "The tenant.",
            content = @Content(schema = @Schema(implementation = TenantBody.class)))
    public Response get(
            @PathParam("tenant") String tenant, @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String known) {
        access.of(tenant, Scope.ADMIN);
        TenantState state = tenants().tenant(tenant);
        return AdminAccess.isKnown(known, state.tenant().etag())
                ? Response.notModified()
                        .header(
                                HttpHeaders.ETAG,
                                AdminAccess.etag(state.tenant().etag()))
                        .build()
                : respond(state, 200);
    }

    @PATCH
    @Path("{tenant}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "changeTenant",
            summary = "Changes a tenant.",
            description = "For the operator. What is left out stays; limits are replaced together.")
    @APIResponse(
            responseCode = "200",
            description = "The tenant.",
            content = @Content(schema = @Schema(implementation = TenantBody.class)))
    public Response change(
            @PathParam("tenant") String tenant,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @NotNull @Valid TenantBody.Patch request) {
        Identity operator = access.operator();
        Stored<Tenant> before = tenants().tenant(tenant).tenant();
        return respond(
                tenants().update(operator, before, request.applyTo(before.value()), AdminAccess.ifMatch(ifMatch)), 200);
    }

    @DELETE
    @Path("{tenant}")
    @Operation(
            operationId = "deleteTenant",
            summary = "Removes a tenant.",
            description = "For the operator. Its keys and policies go with it; its audit records stay until their time"
                    + " is over.")
    @APIResponse(responseCode = "204", description = "It is gone.")
    public void delete(
            @PathParam("tenant") String tenant, @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch) {
        tenants().delete(access.operator(), tenant, AdminAccess.ifMatch(ifMatch));
    }

    private static Response respond(TenantState state, int status) {
        return Response.status(status)
                .header(HttpHeaders.ETAG, AdminAccess.etag(state.tenant().etag()))
                .entity(TenantBody.of(state.tenant().value()))
                .build();
    }
}
