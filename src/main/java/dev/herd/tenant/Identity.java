package dev.herd.tenant;

import dev.herd.safety.Caller;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who sent a request.
 *
 * @param caller as safety and the audit log know it
 * @param tenant on whose behalf it is served; empty for the operator, who has no tenant, and without tenants
 * @param scopes what it may do
 * @param tenantLimits what the tenant may use
 * @param keyLimits what the key may use beneath that
 * @param policies what it may ask for by {@code X-Safety-Policy}
 */
public record Identity(
        Caller caller,
        Optional<Tenant> tenant,
        Set<Scope> scopes,
        Limits tenantLimits,
        Limits keyLimits,
        List<String> policies) {
    /** The operator's tenant in the audit log. */
    public static final String OPERATOR = "operator";

    /** The only caller of a server without tenants. */
    public static final Identity LOCAL = new Identity(
            Caller.LOCAL, Optional.empty(), Set.of(Scope.INFER, Scope.MODERATE), Limits.NONE, Limits.NONE, List.of());

    /** Whether it is the operator. */
    public boolean isOperator() {
        return tenant.isEmpty() && scopes.contains(Scope.ADMIN);
    }

    /** Whether it may do what {@code scope} is for. */
    public boolean may(Scope scope) {
        return scopes.contains(scope)
                || (scope != Scope.INFER && scope != Scope.MODERATE && scopes.contains(Scope.ADMIN));
    }

    /** What tenant and key allow together. */
    public Limits limits() {
        return tenantLimits.and(keyLimits);
    }
}
