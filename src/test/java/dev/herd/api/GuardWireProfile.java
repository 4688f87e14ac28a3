package dev.herd.api;

import dev.herd.guard.KnowingGuard;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A server with the built-in model, which sees, and a Llama Guard that its policy asks about everything. */
public final class GuardWireProfile implements QuarkusTestProfile {
    static final int MAX_PIXELS = 20_000;

    private static final String POLICY =
            "{\"content\":{\"guard\":\"llama-guard-4\"},\"promptAttack\":{\"model\":\"none\"},"
                    + "\"images\":{\"action\":\"block\",\"maxPixels\":" + MAX_PIXELS + "},"
                    + "\"stream\":{\"chunkTokens\":16},\"failure\":{\"timeoutMs\":10000},\"trace\":{\"response\":\"full\"}}";

    @Override
    public Map<String, String> getConfigOverrides() {
        try {
            Path folder = Files.createTempDirectory("herd-guard");
            KnowingGuard.write(folder);
            Path policy = Files.writeString(folder.resolve("policy.json"), POLICY);
            return Map.of(
                    "herd.context", "4096",
                    "herd.guard.model", folder.toString(),
                    "herd.guard.context", "4096",
                    "herd.guard.kv-memory", "64M",
                    "herd.safety.policy", policy.toString());
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }
}
