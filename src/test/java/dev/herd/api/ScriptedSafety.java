package dev.herd.api;

import dev.herd.safety.AuditSink;
import dev.herd.safety.Caller;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.FakeGuard;
import dev.herd.safety.Guards;
import dev.herd.safety.Policies;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.safety.PolicyQuery;
import dev.herd.safety.PolicySource;
import dev.herd.safety.RulesGuard;
import dev.herd.safety.SafetyDecision;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** The policy that the test wants, guards that do what it says, and a memory of what was decided. */
@Alternative
@Singleton
public class ScriptedSafety implements PolicySource, AuditSink {
    private final List<SafetyDecision> decisions = new CopyOnWriteArrayList<>();
    private final FakeGuard fake = new FakeGuard("unsafe", 0.9, Duration.ZERO);
    private final FakeGuard slow = new FakeGuard("unsafe", 0.9, Duration.ofSeconds(20));
    private final FakeGuard steady = new FakeGuard("unsafe", 0.9, Duration.ofMillis(50));
    private final Semaphore permits = new Semaphore(0);
    private final FakeGuard gated = new FakeGuard(Map.of("unsafe", 0.9), "S1", Duration.ZERO, permits);
    private volatile Policy policy = Policies.standard();

    /** Guards named fake, slow, steady, gated and rules. */
    @Produces
    @Singleton
    @Alternative
    Guards guards() {
        RulesGuard rules = new RulesGuard();
        return new Guards(
                List.of(rules, fake, named("slow", slow), named("steady", steady), named("gated", gated)),
                List.of(rules));
    }

    private static ContentGuard named(String name, ContentGuard guard) {
        return new ContentGuard() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String revision() {
                return guard.revision();
            }

            @Override
            public dev.herd.safety.GuardScores assess(dev.herd.safety.GuardQuery query)
                    throws dev.herd.safety.GuardException {
                return guard.assess(query);
            }
        };
    }

    /** What the guard named gated takes for each answer. */
    public Semaphore permits() {
        return permits;
    }

    /** How often the guard named gated has been asked since the policy was set. */
    public int gatedQueries() {
        return gated.queries().size();
    }

    /** This policy binds every request from now on. */
    public void enforce(String json) {
        try {
            policy = Policy.parse(json);
        } catch (PolicyException wrong) {
            throw new IllegalArgumentException(wrong);
        }
        decisions.clear();
        fake.queries().clear();
        gated.queries().clear();
    }

    @Override
    public Optional<EffectivePolicy> policyFor(Caller caller, PolicyQuery query) {
        boolean isOther =
                query.wanted().filter(wanted -> !wanted.equals("p1@7")).isPresent();
        return isOther ? Optional.empty() : Optional.of(new EffectivePolicy("p1", "7", policy));
    }

    @Override
    public void record(SafetyDecision decision) {
        decisions.add(decision);
    }

    /** What was decided since the policy was set. */
    public List<SafetyDecision> decisions() {
        return decisions;
    }

    /** The guard named fake. */
    public FakeGuard fake() {
        return fake;
    }
}
