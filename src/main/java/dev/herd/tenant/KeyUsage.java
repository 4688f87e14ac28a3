package dev.herd.tenant;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** When keys were used last: gathered in memory, to the minute, and written to the store now and then. */
public final class KeyUsage {
    private final Map<String, Map<String, Instant>> unwritten = new ConcurrentHashMap<>();

    /** A key was used. */
    void used(Optional<String> tenant, String key, Instant now) {
        tenant.ifPresent(id -> unwritten
                .computeIfAbsent(id, owner -> new ConcurrentHashMap<>())
                .put(key, now.truncatedTo(ChronoUnit.MINUTES)));
    }

    /** Writes what is new. Blocks. */
    void write(DocumentStore store, TenantDirectory directory) {
        for (String tenant : List.copyOf(unwritten.keySet())) {
            TenantState state = directory.snapshot().tenants().get(tenant);
            Map<String, Instant> fresh = unwritten.remove(tenant);
            if (state == null || fresh == null) {
                continue;
            }
            Map<String, Instant> all = new HashMap<>(state.lastUsed());
            fresh.forEach((key, time) -> all.merge(key, time, (one, other) -> one.isAfter(other) ? one : other));
            all.keySet().retainAll(state.keys().keySet());
            if (!all.equals(state.lastUsed())) {
                store.write(
                        Snapshot.Paths.usage(tenant),
                        new Expected.Anything(),
                        Optional.of(Documents.write(new TreeMap<>(all))));
            }
        }
    }
}
