package dev.herd.runtime;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/** Started: the model has been opened. Ready: requests are accepted, and guards are there to judge them. Live needs no check: the port answers. */
@Singleton
final class ModelHealth {
    private final ModelService models;
    private final GuardService guards;

    ModelHealth(ModelService models, GuardService guards) {
        this.models = models;
        this.guards = guards;
    }

    @Produces
    @Singleton
    @Startup
    HealthCheck started() {
        return () -> response(models.isLoaded());
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck ready() {
        return () -> response(models.isReady() && guards.isReady());
    }

    private static HealthCheckResponse response(boolean isUp) {
        return HealthCheckResponse.named("model").status(isUp).build();
    }
}
