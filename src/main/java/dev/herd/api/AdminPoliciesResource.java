package dev.herd.api;

import dev.herd.api.admin.PolicyBody;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.Expected;
import dev.herd.tenant.Identity;
import dev.herd.tenant.PolicyAdmin;
import dev.herd.tenant.PolicyDraft;
import dev.herd.tenant.Scope;
import dev.herd.tenant.Stored;
import dev.herd.tenant.TenantState.Published;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /admin/v1/tenants/{tenant}/policies}: drafts, and versions that were published and do not change. */
@Path("/admin/v1/tenants/{tenant}/policies")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminPoliciesResource {
    private static final String POLICY = "{policy: [a-z0-9][a-z0-9-]*}";

    private final AdminAccess access;
    private final PolicyAdminSource policies;

    AdminPoliciesResource(AdminAccess access, PolicyAdminSource policies) {
        this.access = access;
        this.policies = policies;
    }

    @GET
    @Operation(
            operationId = "listPolicies",
            summary = "Lists the policies of a tenant.",
            description = "With the numbers of their versions.")
    @APIResponse(
            responseCode = "200",
            description = "The policies.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Listing.class)))
    public PolicyBody.Listing list(@PathParam("tenant") String tenant) {
        access.of(tenant, Scope.POLICY_READ);
        return new PolicyBody.Listing(policies().tenant(tenant).policies().values().stream()
                .map(PolicyBody::of)
                .toList());
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createPolicy",
            summary = "Adds a policy, as a draft.",
            description = "It binds nobody before it is published and bound.")
    @APIResponse(
            responseCode = "201",
            description = "The draft.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Draft.class)))
    public Response create(@PathParam("tenant") String tenant, @NotNull @Valid PolicyBody.Creation request)
            throws PolicyException {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        return respond(
                policies().writeDraft(caller, tenant, request.id(), request.draft(), new Expected.Absent()), 201);
    }

    @GET
    @Path(POLICY + "/draft")
    @Operation(
            operationId = "getPolicyDraft",
            summary = "Shows a draft.",
            description = "The ETag is what If-Match of a change states.")
    @APIResponse(
            responseCode = "200",
            description = "The draft.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Draft.class)))
    public Response draft(@PathParam("tenant") String tenant, @PathParam("policy") String policy) {
        access.of(tenant, Scope.POLICY_READ);
        return respond(policies().draft(tenant, policy), 200);
    }

    @PUT
    @Path(POLICY + "/draft")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "writePolicyDraft",
            summary = "Writes a draft.",
            description =
                    "`If-Match` with the ETag of the one that it replaces, or `If-None-Match: *` if there is none.")
    @APIResponse(
            responseCode = "200",
            description = "The draft.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Draft.class)))
    public Response write(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch,
            @NotNull @Valid PolicyBody.DraftChange request)
            throws PolicyException {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        Expected expected = AdminAccess.ifMatchOrNew(ifMatch, ifNoneMatch);
        return respond(policies().writeDraft(caller, tenant, policy, request.draft(policy), expected), 200);
    }

    @DELETE
    @Path(POLICY + "/draft")
    @Operation(
            operationId = "deletePolicyDraft",
            summary = "Deletes a draft.",
            description = "Published versions stay.")
    @APIResponse(responseCode = "204", description = "It is gone.")
    public void delete(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch) {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        policies().deleteDraft(caller, tenant, policy, AdminAccess.ifMatch(ifMatch));
    }

    @GET
    @Path(POLICY + "/versions")
    @Operation(
            operationId = "listPolicyVersions",
            summary = "Lists what was published of a policy.",
            description = "The oldest first.")
    @APIResponse(
            responseCode = "200",
            description = "The versions.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Versions.class)))
    public PolicyBody.Versions versions(@PathParam("tenant") String tenant, @PathParam("policy") String policy) {
        access.of(tenant, Scope.POLICY_READ);
        return new PolicyBody.Versions(policies().policy(tenant, policy).versions().values().stream()
                .map(Published::version)
                .map(PolicyBody.Version::of)
                .toList());
    }

    @POST
    @Path(POLICY + "/versions")
    @Operation(
            operationId = "publishPolicy",
            summary = "Publishes the draft of a policy as its next version.",
            description =
                    "The policy is tried out first. The same draft is published once: a second request is answered"
                            + " with what the first one made, and with 200.")
    @APIResponse(
            responseCode = "201",
            description = "The new version.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Version.class)))
    @APIResponse(
            responseCode = "200",
            description = "The version that the draft was published as before.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Version.class)))
    public Response publish(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch)
            throws PolicyException {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        Expected expected = ifMatch == null ? new Expected.Anything() : AdminAccess.ifMatch(ifMatch);
        PolicyAdmin.Publication made = policies().publish(caller, tenant, policy, expected);
        return Response.status(made.isNew() ? 201 : 200)
                .entity(PolicyBody.Version.of(made.version().value()))
                .build();
    }

    @GET
    @Path(POLICY + "/versions/{version: latest|[0-9]+}")
    @Operation(
            operationId = "getPolicyVersion",
            summary = "Shows a version of a policy.",
            description = "By its number or as `latest`.")
    @APIResponse(
            responseCode = "200",
            description = "The version.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Version.class)))
    public PolicyBody.Version version(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @PathParam("version") String version) {
        access.of(tenant, Scope.POLICY_READ);
        return PolicyBody.Version.of(policies().version(tenant, policy, version).version());
    }

    @GET
    @Path(POLICY + "/versions/{version: latest|[0-9]+}:diff")
    @Operation(
            operationId = "diffPolicyVersions",
            summary = "Tells how a version differs from another.",
            description = "`to` is a number or `latest`.")
    @APIResponse(
            responseCode = "200",
            description = "The differences.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Diff.class)))
    public PolicyBody.Diff diff(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @PathParam("version") String version,
            @NotNull(message = "is missing") @QueryParam("to") String to) {
        access.of(tenant, Scope.POLICY_READ);
        return PolicyBody.Diff.of(policies().diff(tenant, policy, version, to));
    }

    @POST
    @Path(POLICY + "/versions/{version: [0-9]+}:retire")
    @Operation(
            operationId = "retirePolicyVersion",
            summary = "Retires a version of a policy.",
            description = "It can be bound no more. One that is bound cannot be retired.")
    @APIResponse(
            responseCode = "200",
            description = "The version.",
            content = @Content(schema = @Schema(implementation = PolicyBody.Version.class)))
    public PolicyBody.Version retire(
            @PathParam("tenant") String tenant,
            @PathParam("policy") String policy,
            @PathParam("version") String version) {
        Identity caller = access.of(tenant, Scope.POLICY_WRITE);
        return PolicyBody.Version.of(
                policies().retire(caller, tenant, policy, version).value());
    }

    private PolicyAdmin policies() {
        return policies.of(access.tenancy());
    }

    private static Response respond(Stored<PolicyDraft> draft, int status) {
        return Response.status(status)
                .header(HttpHeaders.ETAG, AdminAccess.etag(draft.etag()))
                .entity(PolicyBody.Draft.of(draft.value()))
                .build();
    }
}
