package dev.herd.runtime;

import dev.herd.api.ApiSettings;
import dev.herd.api.ModerationSettings;
import dev.herd.api.TenancySource;
import dev.herd.media.FetchPolicy;
import dev.herd.media.MediaIntake;
import dev.herd.media.TileMemory;
import dev.herd.safety.AuditSink;
import dev.herd.safety.Guards;
import dev.herd.safety.PolicySource;
import dev.herd.safety.Safety;
import dev.herd.tenant.RateLimits;
import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** Beans made of plain classes. */
@Singleton
final class Producers {
    @Produces
    @ApplicationScoped
    ApiSettings apiSettings(HerdConfig config) {
        return new ApiSettings() {
            @Override
            public Duration heartbeat() {
                return config.heartbeat();
            }

            @Override
            public FetchPolicy fetchPolicy() {
                return config.images().fetchPolicy();
            }

            @Override
            public long maxBodyBytes() {
                return config.maxBody().asLongValue();
            }

            @Override
            public int maxResponses() {
                return config.responsesKept();
            }

            @Override
            public long maxResponseBytes() {
                return config.responsesMemory().asLongValue();
            }

            @Override
            public Duration responseLifetime() {
                return config.responsesTtl();
            }
        };
    }

    @Produces
    @ApplicationScoped
    ModerationSettings moderationSettings(HerdConfig config, GuardService guards) {
        return new ModerationSettings() {
            @Override
            public String guard() {
                return guards.moderation();
            }

            @Override
            public String template() {
                return config.guard().template();
            }

            @Override
            public Duration timeout() {
                return config.guard().timeout();
            }
        };
    }

    @Produces
    @Singleton
    @DefaultBean
    ModelOpener modelOpener() {
        return LoadedModel::open;
    }

    @Produces
    @Singleton
    MediaIntake mediaIntake(HerdConfig config) {
        return new MediaIntake(config.images().mediaSettings());
    }

    void close(@Disposes MediaIntake intake) {
        intake.close();
    }

    @Produces
    @Singleton
    TileMemory tileMemory(HerdConfig config) {
        return new TileMemory(config.images().memoryBytes());
    }

    @Produces
    @Singleton
    RateLimits rateLimits() {
        return new RateLimits();
    }

    @Produces
    @Singleton
    @DefaultBean
    Guards guards(GuardService service) {
        return service.guards();
    }

    @Produces
    @Singleton
    Safety safety(Guards guards, InstantSource clock) {
        return new Safety(guards, clock, System::nanoTime);
    }

    void close(@Disposes Safety safety) {
        safety.close();
    }

    /** The tenants' policies, or the one policy of a server without tenants. */
    @Produces
    @Singleton
    @DefaultBean
    PolicySource policies(HerdConfig config, Guards guards, TenancyService tenancy) {
        return config.tenants().store() == TenantsConfig.Store.NONE
                ? SinglePolicy.read(config.safety(), guards)
                : (caller, query) -> tenancy.policies().policyFor(caller, query);
    }

    /** Without tenants nobody is there whom a record would be for; the metrics count what happens. */
    @Produces
    @Singleton
    @DefaultBean
    AuditSink auditSink(TenancySource tenancy) {
        return decision ->
                tenancy.current().ifPresent(tenants -> tenants.auditWriter().record(decision));
    }

    /** Where seeds come from that no request states. */
    @Produces
    @Singleton
    RandomGenerator random() {
        return new SecureRandom();
    }

    @Produces
    @Singleton
    InstantSource clock() {
        return Clock.systemUTC();
    }
}
