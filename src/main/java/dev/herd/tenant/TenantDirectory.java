package dev.herd.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.Snapshot.Parsed;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The tenants as the store has them. A document that cannot be read is left as it was before, and said so once. Requests see
 * one {@link Snapshot} each; {@link #refresh} replaces it.
 */
public final class TenantDirectory {
    private final DocumentStore store;
    private final Consumer<String> complaints;
    private final Map<String, Parsed> documents = new HashMap<>();
    private final Map<String, String> etags = new HashMap<>(); // also of what cannot be used
    private volatile Snapshot snapshot = Snapshot.EMPTY;
    private final AtomicLong failures = new AtomicLong();

    /**
     * Knows nobody before the first {@link #refresh}.
     *
     * @param complaints takes a line for each document that cannot be used
     */
    public TenantDirectory(DocumentStore store, Consumer<String> complaints) {
        this.store = store;
        this.complaints = complaints;
    }

    /** The tenants at this moment. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** Changes that could not be taken over since the start. */
    public long failures() {
        return failures.get();
    }

    /** Takes over what has changed in the store. Blocks. */
    public synchronized void refresh() {
        Map<String, Optional<String>> changes = store.changes();
        if (changes.isEmpty()) {
            return;
        }
        changes.forEach((path, text) -> text.ifPresentOrElse(content -> put(path, content), () -> remove(path)));
        snapshot = Snapshot.of(documents);
    }

    /** All documents of a tenant by their paths, also without its own, with the value of those that can be used. */
    synchronized SortedMap<String, Stored<Optional<Object>>> documentsOf(String tenant) {
        SortedMap<String, Stored<Optional<Object>>> found = new TreeMap<>();
        etags.forEach((path, etag) -> {
            if (path.startsWith(Snapshot.Paths.directory(tenant))) {
                found.put(
                        path,
                        new Stored<>(Optional.ofNullable(documents.get(path)).map(Parsed::value), etag));
            }
        });
        return found;
    }

    private void remove(String path) {
        documents.remove(path);
        etags.remove(path);
    }

    private void put(String path, String text) {
        etags.put(path, Documents.etag(text));
        try {
            Snapshot.parse(path, text).ifPresent(value -> documents.put(path, new Parsed(value, Documents.etag(text))));
        } catch (JsonProcessingException malformed) {
            complain(path, malformed.getOriginalMessage());
        } catch (PolicyException unusable) {
            complain(path, String.valueOf(unusable.getMessage()));
        } catch (RuntimeException nonsense) {
            complain(path, nonsense.toString()); // and go on with the other changes, which are told of only once
        }
    }

    private void complain(String path, String reason) {
        failures.incrementAndGet();
        complaints.accept(path + " cannot be used, "
                + (documents.containsKey(path) ? "what it said before still holds: " : "and is ignored: ")
                + reason.lines().findFirst().orElse(""));
    }
}
