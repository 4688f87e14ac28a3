package dev.herd.api;

import dev.herd.api.admin.AuditBody;
import dev.herd.api.openai.ApiException;
import dev.herd.tenant.AuditPage;
import dev.herd.tenant.AuditQuery;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Scope;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /admin/v1/tenants/{tenant}/audit}: what was decided about a tenant's texts, and changed of the tenant. */
@Path("/admin/v1/tenants/{tenant}/audit")
@Blocking
@Tag(name = "Admin")
final class AdminAuditResource {
    private static final String NDJSON = "application/x-ndjson";
    private static final String NEXT_CURSOR = "X-Next-Cursor";

    private final AdminAccess access;

    AdminAuditResource(AdminAccess access) {
        this.access = access;
    }

    @GET
    @Produces(NDJSON)
    @Operation(
            operationId = "exportAudit",
            summary = "Exports audit records.",
            description = "A record a line, the oldest first, exactly as it is kept, so that the chain of hashes can be"
                    + " followed. `X-Next-Cursor` is the `after` of the next page; without it there is none. The"
                    + " operator's own changes are under the tenant `operator`.")
    @APIResponse(
            responseCode = "200",
            description = "The records.",
            headers =
                    @Header(
                            name = NEXT_CURSOR,
                            description = "Where the next page begins.",
                            schema = @Schema(implementation = String.class)),
            content = @Content(mediaType = NDJSON, schema = @Schema(implementation = String.class)))
    public Response export(
            @PathParam("tenant") String tenant,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("code") @Nullable String code,
            @QueryParam("action") @Nullable String action,
            @QueryParam("after") @DefaultValue("0") @Min(0) long after,
            @QueryParam("limit") @DefaultValue("1000") @Min(1) @Max(10_000) int limit) {
        require(tenant);
        access.tenancy().auditWriter().flush();
        AuditQuery query = new AuditQuery(
                time("from", from), time("to", to), Optional.ofNullable(code), Optional.ofNullable(action));
        AuditPage page = AuditPage.read(access.tenancy().auditLog(), tenant, query, after, limit);
        Response.ResponseBuilder response = Response.ok(page.text());
        page.next().ifPresent(next -> response.header(NEXT_CURSOR, next));
        return response.build();
    }

    @GET
    @Path("verdict")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "verifyAudit",
            summary = "Follows the chain of a tenant's audit records.",
            description = "Tells whether a record was changed, taken out, put in or moved. Compare `lastHash` with one"
                    + " noted before to see that none was cut off at the end.")
    @APIResponse(
            responseCode = "200",
            description = "What the log looks like.",
            content = @Content(schema = @Schema(implementation = AuditBody.class)))
    public AuditBody verify(@PathParam("tenant") String tenant) {
        require(tenant);
        return AuditBody.of(access.tenancy().auditLog().verify(tenant));
    }

    /** Records outlive their tenant, for the operator. */
    private void require(String tenant) {
        Identity caller = access.of(tenant, Scope.AUDIT_READ);
        if (!caller.isOperator() || tenant.equals(Identity.OPERATOR)) {
            return;
        }
        if (!access.tenancy().directory().snapshot().tenants().containsKey(tenant)
                && !access.tenancy().auditLog().tenants().contains(tenant)) {
            throw ApiException.invalidRequest(404, "There is no tenant '" + tenant + "'.", null, "not_found");
        }
    }

    private static Optional<Instant> time(String name, @Nullable String text) {
        try {
            return Optional.ofNullable(text).map(Instant::parse);
        } catch (DateTimeException malformed) {
            throw ApiException.invalidValue(name, "'" + name + "' must be a time such as 2026-11-27T00:00:00Z.");
        }
    }
}
