package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.admin.DryRunBody;
import dev.herd.api.admin.DryRunBody.Counts;
import dev.herd.api.admin.DryRunBody.Share;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatMessage;
import dev.herd.api.openai.SafetyReport;
import dev.herd.safety.Action;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Exchange;
import dev.herd.safety.Finding;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyAnswers.Trace;
import dev.herd.safety.PolicyException;
import dev.herd.safety.Reviewer.Review;
import dev.herd.safety.Safety;
import dev.herd.tenant.Identity;
import dev.herd.tenant.PolicyAdmin;
import dev.herd.tenant.Scope;
import dev.herd.tenant.TenantState.Published;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code …/policies/{policy}:dry-run}: what a policy says of texts, before it binds anybody. */
@Path("/admin/v1/tenants/{tenant}/policies/{policy: [a-z0-9][a-z0-9-]*}:dry-run")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "Admin")
final class AdminDryRunResource {
    private static final String DRAFT = "draft";
    private static final int AT_A_TIME = 2;
    private static final Duration BUSY_RETRY = Duration.ofSeconds(2);

    private final AdminAccess access;
    private final PolicyAdminSource policies;
    private final Safety reviewer;
    private final Map<String, Semaphore> rooms = new ConcurrentHashMap<>(); // tenants do not wait for each other

    AdminDryRunResource(AdminAccess access, PolicyAdminSource policies, Safety reviewer) {
        this.access = access;
        this.policies = policies;
        this.reviewer = reviewer;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "dryRunPolicy",
            summary = "Tries a policy out on texts.",
            description =
                    "Nothing is generated, kept or audited. With `cases`, the answer tells for each code how often it"
                            + " was found where it should be.")
    @APIResponse(
            responseCode = "200",
            description = "What the policy says.",
            content = @Content(schema = @Schema(implementation = DryRunBody.Result.class)))
    public DryRunBody.Result run(
            @PathParam("tenant") String tenant, @PathParam("policy") String policy, @NotNull @Valid DryRunBody request)
            throws PolicyException {
        Identity caller = access.of(tenant, Scope.POLICY_READ);
        request.check();
        Semaphore room = rooms.computeIfAbsent(tenant, id -> new Semaphore(AT_A_TIME));
        if (!room.tryAcquire()) {
            throw ApiException.rateLimited("Other policies are being tried out; try again soon.", BUSY_RETRY);
        }
        try {
            EffectivePolicy candidate = request.spec() == null
                    ? find(tenant, policy, request.version() == null ? DRAFT : request.version())
                    : onFloor(policy, "", request.spec());
            List<DryRunBody.Case> cases = request.cases();
            if (cases != null) {
                return new DryRunBody.Result(null, null, null, null, counts(candidate, caller, cases));
            }
            List<ChatMessage> messages = request.messages() == null ? List.of() : request.messages();
            Review review = review(candidate, caller, messages, request.output());
            if (request.compareTo() == null) {
                return new DryRunBody.Result(report(review), null, null, null, null);
            }
            Review active = review(find(tenant, policy, request.compareTo()), caller, messages, request.output());
            return new DryRunBody.Result(
                    report(review), report(active), without(review, active), without(active, review), null);
        } finally {
            room.release();
        }
    }

    private EffectivePolicy find(String tenant, String policy, String version) throws PolicyException {
        PolicyAdmin admin = policies.of(access.tenancy());
        if (version.equals(DRAFT)) {
            return onFloor(policy, DRAFT, admin.draft(tenant, policy).value().spec());
        }
        Published published = admin.version(tenant, policy, version);
        String number = Integer.toString(published.version().version());
        return policies.policies().onFloor(policy, number, published.policy());
    }

    private EffectivePolicy onFloor(String policy, String version, JsonNode spec) throws PolicyException {
        return policies.policies().onFloor(policy, version, Policy.parse(spec.toString()));
    }

    private Review review(
            EffectivePolicy policy, Identity caller, List<ChatMessage> messages, @Nullable String output) {
        return reviewer.review(
                policy, caller.caller(), new Exchange(ChatSegments.of(messages), Optional.ofNullable(output)));
    }

    private static @Nullable SafetyReport report(Review review) {
        return SafetyReports.of(review.input(), review.output(), Trace.FULL);
    }

    private static List<String> without(Review one, Review other) {
        Set<String> names = names(one);
        names.removeAll(names(other));
        return new ArrayList<>(names);
    }

    private static Set<String> names(Review review) {
        return found(review)
                .map(finding -> finding.scanner() + "/" + finding.code())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<Finding> found(Review review) {
        return Stream.concat(review.input().findings().stream(), review.output().findings().stream())
                .filter(finding -> finding.isDetected() && finding.action() != Action.ALLOW);
    }

    private SortedMap<String, Counts> counts(EffectivePolicy policy, Identity caller, List<DryRunBody.Case> cases) {
        List<Set<String>> found = new ArrayList<>();
        Set<String> codes = new TreeSet<>();
        for (DryRunBody.Case labelled : cases) {
            Review review = review(policy, caller, labelled.messages(), labelled.output());
            Set<String> ofCase = found(review).map(Finding::code).collect(Collectors.toCollection(TreeSet::new));
            found.add(ofCase);
            codes.addAll(ofCase);
            codes.addAll(labelled.expect());
        }
        SortedMap<String, Counts> counts = new TreeMap<>();
        codes.forEach(code -> counts.put(code, count(code, cases, found)));
        return counts;
    }

    private static Counts count(String code, List<DryRunBody.Case> cases, List<Set<String>> found) {
        int[] tally = new int[4]; // found and expected: neither, expected only, found only, both
        for (int i = 0; i < cases.size(); i++) {
            tally[(found.get(i).contains(code) ? 2 : 0) + (cases.get(i).expect().contains(code) ? 1 : 0)]++;
        }
        return new Counts(
                tally[3],
                tally[2],
                tally[1],
                tally[0],
                Share.of(tally[3], tally[3] + tally[2]),
                Share.of(tally[3], tally[3] + tally[1]));
    }
}
