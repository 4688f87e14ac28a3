package dev.herd.tenant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.tenant.Snapshot.Paths;
import dev.herd.tenant.StoreException.Reason;
import dev.herd.tenant.TenantState.Published;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How documents are changed: first the audit log says who changes what, then the document changes, then everybody sees it. A
 * change that then fails is said to have failed, so no change is without a record. One change at a time.
 */
public final class AdminStore {
    private final DocumentStore store;
    private final TenantDirectory directory;
    private final InstantSource clock;

    /** Changes what {@code directory} shows of {@code store}. */
    public AdminStore(DocumentStore store, TenantDirectory directory, InstantSource clock) {
        this.store = store;
        this.directory = directory;
        this.clock = clock;
    }

    /** What is to be done with a document. */
    record Change(
            String tenant,
            String action,
            String path,
            Expected expected,
            @Nullable Object after) {}

    /** The tenants as they are now, also if somebody else has changed them just now. */
    Snapshot current() {
        directory.refresh();
        return directory.snapshot();
    }

    /** Removes what there is of a tenant, of which {@code tenant.json} must be gone already. */
    synchronized void clear(Identity actor, String tenant) {
        directory.refresh();
        directory.documentsOf(tenant).forEach((path, document) -> {
            Object before = document.value().map(AdminStore::asKept).orElse(Map.of());
            apply(
                    actor,
                    new Change(tenant, "delete tenant", path, new Expected.Present(), null),
                    new Stored<>(before, document.etag()));
        });
    }

    /** Whether a tenant has a document of its own, also if that cannot be used. */
    boolean has(String tenant) {
        directory.refresh();
        return directory.documentsOf(tenant).containsKey(Paths.tenant(tenant));
    }

    private static Object asKept(Object value) {
        return value instanceof Published published ? published.version() : value;
    }

    /**
     * Makes a change on behalf of {@code actor}.
     *
     * @param before the document as it is; null if there is none
     * @return the tag of the new document, empty if it was deleted
     */
    synchronized String apply(Identity actor, Change change, @Nullable Stored<?> before) {
        if (!change.expected().isMetBy(Optional.ofNullable(before).map(Stored::etag))) {
            throw new StoreException(
                    change.expected() instanceof Expected.Absent ? Reason.EXISTS : Reason.STALE,
                    "it has changed meanwhile");
        }
        ObjectNode record = record(actor, change, before);
        store.auditLog().append(change.tenant(), List.of(record));
        Expected seen = before == null ? new Expected.Absent() : new Expected.Tagged(before.etag());
        Optional<String> text = Optional.ofNullable(change.after()).map(Documents::write);
        try {
            store.write(change.path(), seen, text);
        } catch (StoreException failed) {
            store.auditLog().append(change.tenant(), List.of(record.deepCopy().put("type", "change-failed")));
            throw failed;
        }
        directory.refresh();
        return text.map(Documents::etag).orElse("");
    }

    private ObjectNode record(Identity actor, Change change, @Nullable Stored<?> before) {
        ObjectNode record = Documents.JSON.createObjectNode();
        record.put("type", "change");
        record.put("ts", clock.instant().toString());
        record.put("tenant", change.tenant());
        record.put("actor", actor.caller().tenant() + "/" + actor.caller().key());
        record.put("principal", actor.caller().principalHash());
        record.put("change", change.action());
        record.put("document", change.path());
        record.set("diff", JsonDiff.between(shown(before == null ? null : before.value()), shown(change.after())));
        return record;
    }

    /** Hashes of keys are nobody's business. */
    private static JsonNode shown(@Nullable Object value) {
        if (value == null) {
            return Documents.JSON.missingNode();
        }
        JsonNode tree = Documents.tree(value).deepCopy();
        if (value instanceof ApiKey && tree instanceof ObjectNode key) {
            key.remove("hash");
        }
        return tree;
    }
}
