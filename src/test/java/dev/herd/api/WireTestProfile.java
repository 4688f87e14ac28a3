package dev.herd.api;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;

/** A server whose model says what the test wants, with small limits. */
public final class WireTestProfile implements QuarkusTestProfile {
    static final int MAX_RUNNING = 2;
    static final int MAX_QUEUED = 2;
    static final int MAX_BODY_BYTES = 65_536;
    static final int CONTEXT = 4096;

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(ScriptedOpener.class, HeldRandom.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "herd.max-running", Integer.toString(MAX_RUNNING),
                "herd.max-queued", Integer.toString(MAX_QUEUED),
                "herd.max-body", Integer.toString(MAX_BODY_BYTES),
                "herd.context", Integer.toString(CONTEXT),
                "herd.heartbeat", "0.05S");
    }
}
