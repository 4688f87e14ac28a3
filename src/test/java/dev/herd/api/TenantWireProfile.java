package dev.herd.api;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A server with tenants in files, whose model says what the test wants. */
public final class TenantWireProfile implements QuarkusTestProfile {
    static final String ADMIN_KEY = "the operator's key of the wire tests";

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(ScriptedOpener.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "herd.tenants.store", "files",
                "herd.tenants.directory", "target/tenants-" + UUID.randomUUID(),
                "herd.tenants.admin-key", ADMIN_KEY,
                "herd.tenants.open-metrics", "false",
                "herd.tenants.audit-allowed", "0",
                "herd.max-running", "4",
                "herd.max-queued", "64",
                "herd.context", "4096");
    }
}
