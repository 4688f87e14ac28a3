package dev.herd.tenant;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.safety.Policy;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;

/**
 * All that is known of a tenant at one moment; immutable.
 *
 * @param keys by id
 * @param policies by id
 * @param lastUsed when keys were used last, to the minute
 */
public record TenantState(
        Stored<Tenant> tenant,
        SortedMap<String, Stored<ApiKey>> keys,
        SortedMap<String, PolicyState> policies,
        Optional<Stored<Binding.Table>> bindings,
        Map<String, Instant> lastUsed) {
    /** What is bound. */
    public Binding.Table bindingTable() {
        return bindings.map(Stored::value).orElse(Binding.Table.EMPTY);
    }

    /** A policy with what became of it. */
    public record PolicyState(
            String id, Optional<Stored<PolicyDraft>> draft, NavigableMap<Integer, Published> versions) {
        /** The newest version that can be bound. */
        public Optional<Published> latest() {
            return versions.descendingMap().values().stream()
                    .filter(Published::isBindable)
                    .findFirst();
        }

        /** The version that {@code version} names: a number or {@code latest}. */
        public Optional<Published> find(String version) {
            if (version.equals(Binding.LATEST)) {
                return latest();
            }
            return version.matches("[1-9]\\d{0,8}")
                    ? Optional.ofNullable(versions.get(Integer.parseInt(version)))
                    : Optional.empty();
        }

        /** The name of the draft or else of the newest version. */
        public String name() {
            return draft.map(stored -> stored.value().name())
                    .orElseGet(() -> versions.lastEntry().getValue().version().name());
        }
    }

    /**
     * A published version.
     *
     * @param policy what its spec says
     */
    public record Published(Stored<PolicyVersion> stored, Policy policy) {
        /** The version as it is kept. */
        public PolicyVersion version() {
            return stored.value();
        }

        /** Whether it can be bound. */
        public boolean isBindable() {
            return version().state() == PolicyVersion.State.PUBLISHED;
        }

        /** What was published. */
        public JsonNode spec() {
            return version().spec();
        }
    }
}
