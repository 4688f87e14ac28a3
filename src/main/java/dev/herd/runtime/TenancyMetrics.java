package dev.herd.runtime;

import dev.herd.api.TenancySource;
import dev.herd.tenant.Tenancy;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;

/** Figures of the tenants' store and the audit log; none without tenants. */
@Startup
@Singleton
final class TenancyMetrics {
    private final TenancySource tenancy;

    TenancyMetrics(MeterRegistry registry, HerdConfig config, TenancySource tenancy) {
        this.tenancy = tenancy;
        if (config.tenants().store() == TenantsConfig.Store.NONE) {
            return;
        }
        FunctionCounter.builder(
                        "herd.tenants.reload.failures",
                        this,
                        self -> self.figure(open -> open.directory().failures()))
                .description("Documents that could not be taken over")
                .register(registry);
        FunctionCounter.builder(
                        "herd.audit.lost",
                        this,
                        self -> self.figure(open -> open.auditWriter().lost()))
                .description("Decisions for which the audit log had no room")
                .register(registry);
        Gauge.builder(
                        "herd.audit.waiting",
                        this,
                        self -> self.figure(open -> open.auditWriter().waiting()))
                .description("Decisions that wait to be written")
                .register(registry);
    }

    private double figure(ToDoubleFunction<Tenancy> figure) {
        return tenancy.current().map(figure::applyAsDouble).orElse(0.0);
    }
}
