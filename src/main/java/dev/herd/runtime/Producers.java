package dev.herd.runtime;

import dev.herd.api.ApiSettings;
import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.ApplicationScoped;
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
    @Singleton
    @DefaultBean
    ModelOpener modelOpener() {
        return LoadedModel::open;
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
