package dev.herd.runtime;

import dev.herd.safety.Caller;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Guards;
import dev.herd.safety.Policies;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.safety.PolicyQuery;
import dev.herd.safety.PolicySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The same policy for everybody. */
final class SinglePolicy implements PolicySource {
    private static final Logger LOG = Logger.getLogger("dev.herd");

    private final EffectivePolicy policy;

    private SinglePolicy(EffectivePolicy policy) {
        this.policy = policy;
    }

    /**
     * The policy that the configuration names, with the floor that it names.
     *
     * @throws IllegalStateException if a file cannot be read or a policy cannot be enforced
     */
    static SinglePolicy read(SafetyConfig config, Guards guards) {
        String id = config.policy().isPresent() ? "configured" : "default";
        try {
            Policy own = standard(config);
            Optional<Policy> floor = floor(config);
            Policy policy = floor.isPresent() ? own.merge(floor.get()) : own;
            policy.check(guards);
            LOG.infof(
                    "safety: one tenant, policy '%s' (%s)%s",
                    id,
                    config.policy()
                            .map(Path::toString)
                            .orElse("built in: reports, blocks hidden text; no model judges"),
                    config.floor().map(file -> ", floor " + file).orElse(""));
            return new SinglePolicy(new EffectivePolicy(id, "", policy));
        } catch (PolicyException wrong) {
            throw new IllegalStateException("herd.safety: the policy cannot be enforced: " + wrong.getMessage(), wrong);
        }
    }

    /** The policy of whoever has none of their own. */
    static Policy standard(SafetyConfig config) throws PolicyException {
        return config.policy().isPresent() ? Policy.parse(text(config.policy().get())) : Policies.standard();
    }

    /** What every policy must demand, if that is configured. */
    static Optional<Policy> floor(SafetyConfig config) throws PolicyException {
        return config.floor().isPresent()
                ? Optional.of(Policy.parseLayer(text(config.floor().get())))
                : Optional.empty();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new IllegalStateException("herd.safety: cannot read " + file, unreadable);
        }
    }

    @Override
    public Optional<EffectivePolicy> policyFor(Caller caller, PolicyQuery query) {
        boolean isOther = query.wanted().isPresent() && !query.wanted().get().equals(policy.label());
        return isOther ? Optional.empty() : Optional.of(policy);
    }
}
