package dev.herd.runtime;

import dev.herd.safety.PolicySource;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Reads the policy of a server without tenants before anybody is served, so that a mistake in it ends the start. */
@Singleton
final class PolicyStart {
    private static final Logger LOG = Logger.getLogger("dev.herd");
    private static final int BEFORE_THE_MODEL = 110;

    void read(@Observes @Priority(BEFORE_THE_MODEL) StartupEvent event, Instance<PolicySource> policies) {
        try {
            policies.get();
        } catch (IllegalStateException wrong) {
            LOG.error(wrong.getMessage()); // nobody is served without a policy while the process ends
            Quarkus.asyncExit(1);
        }
    }
}
