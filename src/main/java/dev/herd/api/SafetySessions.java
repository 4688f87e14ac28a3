package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.SafetyWish;
import dev.herd.safety.AuditSink;
import dev.herd.safety.Caller;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.PolicyQuery;
import dev.herd.safety.PolicySource;
import dev.herd.safety.Safety;
import dev.herd.safety.Subject;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the policy of each request. */
@Singleton
final class SafetySessions {
    private final Safety safety;
    private final PolicySource policies;
    private final AuditSink audit;
    private final SafetyRecorder recorder;

    SafetySessions(Safety safety, PolicySource policies, AuditSink audit, SafetyRecorder recorder) {
        this.safety = safety;
        this.policies = policies;
        this.audit = audit;
        this.recorder = recorder;
    }

    /**
     * The session of a request, whose policy does not change any more.
     *
     * @throws ApiException 404 if the request asks for a policy that it must not have
     */
    SafetySession open(RoutingContext http, ServedModel model, @Nullable SafetyWish wish) {
        Caller caller = Access.of(http).caller();
        String requestId = orEmpty(http.response().headers().get(HttpEdge.REQUEST_ID));
        String assessmentId = Safety.newId(); // also draws the lot for canaries: clients state request ids
        PolicyQuery query = new PolicyQuery(
                Optional.ofNullable(http.request().getHeader(SafetySession.POLICY)),
                model.name(),
                Access.route(http),
                assessmentId);
        EffectivePolicy policy = policies.policyFor(caller, query)
                .orElseThrow(() -> ApiException.invalidRequest(
                        404, "There is no such policy.", SafetySession.POLICY, "policy_not_found"));
        if (wish != null && wish.mode() == SafetyWish.Mode.ENFORCE) {
            policy = new EffectivePolicy(
                    policy.id(), policy.version(), policy.policy().enforced());
        }
        Subject subject =
                new Subject(assessmentId, requestId, caller, policy, model.name() + "/" + model.fingerprint());
        return new SafetySession(
                safety,
                subject,
                new SafetySession.Manners(orEmpty(http.request().getHeader("Accept-Language")), wish),
                decision -> {
                    audit.record(decision);
                    recorder.decided(decision);
                });
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
