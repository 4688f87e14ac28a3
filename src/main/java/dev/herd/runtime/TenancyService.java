package dev.herd.runtime;

import dev.herd.api.TenancySource;
import dev.herd.tenant.StoreException;
import dev.herd.tenant.Tenancy;
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
final class TenancyService implements TenancySource {
    private static final Logger LOG = Logger.getLogger("dev.herd");
    private static final int BEFORE_THE_MODEL = 100;

    private final HerdConfig config;
    private final InstantSource clock;
    private volatile @Nullable Tenancy tenancy;
    private volatile boolean isUnusable;

    TenancyService(HerdConfig config, InstantSource clock) {
        this.config = config;
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
            tenancy = opened;
            LOG.info(opened.description());
        } catch (StoreException | IllegalArgumentException unusable) {
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
