package dev.herd.runtime;

import dev.herd.api.PolicyAdminSource;
import dev.herd.api.TenancySource;
import dev.herd.safety.Guards;
import dev.herd.safety.Policies;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.PolicyAdmin;
import dev.herd.tenant.StoreException;
import dev.herd.tenant.Tenancy;
import dev.herd.tenant.TenantPolicies;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The life of the tenants: opened before the port is, if there are any, and closed after the last request. */
@Singleton
final class TenancyService implements TenancySource, PolicyAdminSource {
    private static final Logger LOG = Logger.getLogger("dev.herd");
    private static final int BEFORE_THE_MODEL = 100;

    private final HerdConfig config;
    private final Guards guards;
    private final InstantSource clock;
    private volatile @Nullable Tenancy tenancy;
    private volatile @Nullable TenantPolicies policies;
    private volatile boolean isUnusable;

    TenancyService(HerdConfig config, Guards guards, InstantSource clock) {
        this.config = config;
        this.guards = guards;
        this.clock = clock;
    }

    @Override
    public Optional<Tenancy> current() {
        if (isUnusable) {
            throw new StoreException(StoreException.Reason.UNAVAILABLE, "the tenants' store could not be opened");
        }
        return Optional.ofNullable(tenancy);
    }

    @Override
    public PolicyAdmin of(Tenancy tenants) {
        return tenants.policies(policy -> policies().withFloor(policy).check(guards));
    }

    @Override
    public TenantPolicies policies() {
        TenantPolicies open = policies;
        if (open == null) {
            throw new IllegalStateException("the tenants are not open");
        }
        return open;
    }

    @Override
    public boolean hasOpenMetrics() {
        return config.tenants().openMetrics();
    }

    void open(@Observes @Priority(BEFORE_THE_MODEL) StartupEvent event) {
        if (config.tenants().store() == TenantsConfig.Store.NONE) {
            LOG.info("no tenants are configured: whoever reaches this port may use it, as the tenant 'local'");
            return;
        }
        try {
            Tenancy opened = Tenancy.open(config.tenants().settings(), clock, LOG::warn);
            policies = opened.policySource(
                    SinglePolicy.floor(config.safety()).or(() -> Optional.of(Policies.floor())),
                    SinglePolicy.standard(config.safety()));
            tenancy = opened;
            LOG.info(opened.description());
        } catch (StoreException | IllegalArgumentException | IllegalStateException | PolicyException unusable) {
            isUnusable = true; // nobody is let in while the process ends
            LOG.error(unusable.getMessage());
            Quarkus.asyncExit(1);
        }
    }

    void close(@Observes ShutdownEvent event) {
        Tenancy open = tenancy;
        if (open != null) {
            open.close();
        }
    }
}
