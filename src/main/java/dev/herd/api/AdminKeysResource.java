package dev.herd.api;

import dev.herd.api.admin.KeyBody;
import dev.herd.tenant.ApiKey;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Scope;
import dev.herd.tenant.TenantAdmin;
import dev.herd.tenant.TenantAdmin.NewKey;
import dev.herd.tenant.TenantState;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code /admin/v1/tenants/{tenant}/keys}: what a tenant's requests carry. */
@Path("/admin/v1/tenants/{tenant}/keys")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminKeysResource {
    private final AdminAccess access;
    private final InstantSource clock;

    AdminKeysResource(AdminAccess access, InstantSource clock) {
        this.access = access;
        this.clock = clock;
    }

    private TenantAdmin tenants() {
        return access.tenancy().tenants();
    }

    @GET
    @Operation(
            operationId = "listKeys",
            summary = "Lists the keys of a tenant.",
            description = "Without their secrets; also those that are not accepted any more.")
    @APIResponse(
            responseCode = "200",
            description = "The keys.",
            content = @Content(schema = @Schema(implementation = KeyBody.Listing.class)))
    public KeyBody.Listing list(@PathParam("tenant") String tenant) {
        access.of(tenant, Scope.ADMIN);
        return new KeyBody.Listing(tenants().keys(tenant).values().stream()
                .map(key -> shown(tenant, key.value()))
                .toList());
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createKey",
            summary = "Makes a key for a tenant.",
            description = "The answer is the only one that has the key itself.")
    @APIResponse(
            responseCode = "201",
            description = "The key.",
            content = @Content(schema = @Schema(implementation = KeyBody.class)))
    public Response create(@PathParam("tenant") String tenant, @NotNull @Valid KeyBody.Creation request) {
        Identity caller = access.of(tenant, Scope.ADMIN);
        boolean isOperators = tenant.equals(Identity.OPERATOR);
        return created(tenants()
                .createKey(
                        caller,
                        tenant,
                        request.request(isOperators ? Set.of(Scope.ADMIN) : Set.of(Scope.INFER, Scope.MODERATE))));
    }

    @GET
    @Path("{key: [a-z0-9]+}")
    @Operation(operationId = "getKey", summary = "Shows a key.", description = "Without its secret.")
    @APIResponse(
            responseCode = "200",
            description = "The key.",
            content = @Content(schema = @Schema(implementation = KeyBody.class)))
    public KeyBody get(@PathParam("tenant") String tenant, @PathParam("key") String key) {
        access.of(tenant, Scope.ADMIN);
        return shown(tenant, tenants().key(tenant, key).value());
    }

    @DELETE
    @Path("{key: [a-z0-9]+}")
    @Operation(operationId = "revokeKey", summary = "Ends a key.", description = "At once. It stays listed as revoked.")
    @APIResponse(responseCode = "204", description = "It is not accepted any more.")
    public void revoke(@PathParam("tenant") String tenant, @PathParam("key") String key) {
        tenants().revoke(access.of(tenant, Scope.ADMIN), tenant, key);
    }

    @POST
    @Path("{key: [a-z0-9]+}:rotate")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "rotateKey",
            summary = "Makes the successor of a key.",
            description = "With the same scopes, limits and lifetime. The old key is accepted for a while longer.")
    @APIResponse(
            responseCode = "201",
            description = "The new key.",
            content = @Content(schema = @Schema(implementation = KeyBody.class)))
    public Response rotate(
            @PathParam("tenant") String tenant,
            @PathParam("key") String key,
            @NotNull @Valid KeyBody.Rotation request) {
        Identity caller = access.of(tenant, Scope.ADMIN);
        return created(tenants().rotate(caller, tenant, key, request.overlap()));
    }

    private Response created(NewKey key) {
        return Response.status(201)
                .header("Cache-Control", "no-store")
                .entity(KeyBody.of(key.key().value(), clock.instant(), null, key.text()))
                .build();
    }

    private KeyBody shown(String tenant, ApiKey key) {
        TenantState state = access.tenancy().directory().snapshot().tenants().get(tenant);
        return KeyBody.of(
                key, clock.instant(), state == null ? null : state.lastUsed().get(key.id()), null);
    }
}
