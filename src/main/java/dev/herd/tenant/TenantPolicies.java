package dev.herd.tenant;

import dev.herd.safety.Caller;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.safety.PolicyQuery;
import dev.herd.safety.PolicySource;
import dev.herd.tenant.TenantState.PolicyState;
import dev.herd.tenant.TenantState.Published;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which policy binds whom: the platform's floor, merged with what is bound to the key, the route, the model or the tenant, the
 * most specific deciding, merged with what the request asks for, if its key may. Merged policies are kept.
 */
public final class TenantPolicies implements PolicySource {
    private static final int MAX_KEPT = 1000;

    /** What binds a tenant that has bound nothing. */
    private static final String DEFAULT_ID = "default";

    private final TenantDirectory directory;
    private final Optional<Policy> floor;
    private final Policy standard;
    private final Map<String, Policy> merged = new ConcurrentHashMap<>();

    /**
     * @param floor what no policy can be weaker than, beside the floor that the store may have
     * @param standard the policy of a tenant that has bound none
     */
    public TenantPolicies(TenantDirectory directory, Optional<Policy> floor, Policy standard) {
        this.directory = directory;
        this.floor = floor;
        this.standard = standard;
    }

    @Override
    public Optional<EffectivePolicy> policyFor(Caller caller, PolicyQuery query) {
        Snapshot snapshot = directory.snapshot();
        TenantState tenant = snapshot.tenants().get(caller.tenant());
        if (tenant == null) {
            return query.wanted().isPresent()
                    ? Optional.empty()
                    : Optional.of(new EffectivePolicy(DEFAULT_ID, "", grounded(standard, snapshot)));
        }
        EffectivePolicy bound = bound(tenant, caller, query)
                .map(chosen -> new EffectivePolicy(
                        chosen.id(), chosen.number(), grounded(chosen.version().policy(), snapshot)))
                .orElseGet(() -> new EffectivePolicy(DEFAULT_ID, "", grounded(standard, snapshot)));
        if (query.wanted().isEmpty()) {
            return Optional.of(bound);
        }
        return wanted(tenant, caller, query.wanted().get())
                .map(chosen -> new EffectivePolicy(
                        chosen.id(), chosen.number(), merge(chosen.version().policy(), bound.policy())));
    }

    /**
     * A policy with the floor merged into it, as it would bind requests.
     *
     * @throws PolicyException if they cannot be merged
     */
    public Policy withFloor(Policy policy) throws PolicyException {
        Policy ground = floor.isPresent() ? policy.merge(floor.get()) : policy;
        Optional<Stored<Policy>> stored = directory.snapshot().floor();
        return stored.isPresent() ? ground.merge(stored.get().value()) : ground;
    }

    /** A policy of a tenant with the floor merged into it, as it would bind requests. */
    public EffectivePolicy onFloor(String id, String version, Policy policy) {
        return new EffectivePolicy(id, version, grounded(policy, directory.snapshot()));
    }

    private record Chosen(String id, Published version) {
        String number() {
            return Integer.toString(version.version().version());
        }
    }

    /** A policy on the floor: the configured one, and the store's. */
    private Policy grounded(Policy policy, Snapshot snapshot) {
        Policy ground = floor.map(layer -> merge(policy, layer)).orElse(policy);
        return snapshot.floor().map(stored -> merge(ground, stored.value())).orElse(ground);
    }

    private static Optional<Chosen> bound(TenantState tenant, Caller caller, PolicyQuery query) {
        List<Binding> candidates = tenant.bindingTable().bindings().stream()
                .filter(binding -> binding.applies(caller.key(), query.model(), query.route()))
                .sorted(Comparator.comparing(Binding::scope).thenComparing(binding -> binding.canaryPercent() == null))
                .toList();
        return candidates.stream()
                .filter(binding -> binding.catches(query.lot()))
                .findFirst()
                .map(binding -> new Chosen(binding.policy(), published(tenant, binding)));
    }

    /** Bindings are checked when they are written; one that an edited file has broken binds nothing, and nothing passes. */
    private static Published published(TenantState tenant, Binding binding) {
        PolicyState policy = tenant.policies().get(binding.policy());
        return Optional.ofNullable(policy)
                .flatMap(state -> state.find(binding.version()))
                .orElseThrow(() -> new IllegalStateException("tenant "
                        + tenant.tenant().value().id() + " has bound the policy " + binding.policy() + "@"
                        + binding.version() + ", which it does not have"));
    }

    private static Optional<Chosen> wanted(TenantState tenant, Caller caller, String wanted) {
        Stored<ApiKey> key = tenant.keys().get(caller.key());
        String id = wanted.replaceFirst("@.*", "");
        boolean isGranted = key != null
                && (key.value().policies().contains(id)
                        || key.value().policies().contains(wanted));
        String version = wanted.contains("@") ? wanted.substring(id.length() + 1) : Binding.LATEST;
        return isGranted
                ? Optional.ofNullable(tenant.policies().get(id))
                        .flatMap(policy -> policy.find(version))
                        .map(published -> new Chosen(id, published))
                : Optional.empty();
    }

    private Policy merge(Policy policy, Policy ground) {
        String names = policy.sha256() + ground.sha256();
        Policy known = merged.get(names);
        if (known != null) {
            return known;
        }
        if (merged.size() >= MAX_KEPT) {
            merged.clear();
        }
        try {
            Policy made = policy.merge(ground);
            merged.put(names, made);
            return made;
        } catch (PolicyException impossible) {
            throw new IllegalStateException("a policy and the floor cannot be merged", impossible);
        }
    }
}
