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
        return Map.ofEntries(
                Map.entry("herd.tenants.store", "files"),
                Map.entry("herd.tenants.directory", "target/tenants-" + UUID.randomUUID()),
                Map.entry("herd.tenants.admin-key", ADMIN_KEY),
                Map.entry("herd.tenants.open-metrics", "false"),
                Map.entry("herd.tenants.audit-allowed", "0"),
                Map.entry("herd.max-running", "4"),
                Map.entry("herd.max-queued", "64"),
                Map.entry("herd.context", "4096"),
                Map.entry("herd.tenants.jwt-issuers", TestTokens.ISSUER),
                Map.entry("herd.tenants.jwt-keys", TestTokens.publish().toUri().toString()));
    }
}
