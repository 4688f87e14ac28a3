package dev.herd.runtime;

import dev.herd.api.ApiSettings;
import dev.herd.media.FetchPolicy;
import dev.herd.media.MediaIntake;
import dev.herd.media.TileMemory;
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
