package dev.herd.api;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;

/** A server whose model, policy and guards do what the test wants. */
public final class SafetyWireProfile implements QuarkusTestProfile {
    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(ScriptedOpener.class, ScriptedSafety.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of("herd.context", "4096", "herd.heartbeat", "0.05S");
    }
}
