package dev.herd.api;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;

/** As {@link SafetyWireProfile}, with places for many requests. */
public final class SafetyFlowProfile implements QuarkusTestProfile {
    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(ScriptedOpener.class, ScriptedSafety.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "herd.context", "4096",
                "herd.heartbeat", "0.05S",
                "herd.max-running", "16",
                "herd.max-queued", "256",
                "herd.kv-memory", "64M");
    }
}
