package dev.herd.tenant;

import java.util.Map;
import java.util.Optional;

/**
 * Keeps documents under paths such as {@code tenants/a/tenant.json}, and the audit log. A document is replaced as a whole or
 * not at all, and what was written is there after a crash. All methods may block.
 */
public interface DocumentStore extends AutoCloseable {
    /**
     * What has changed since the last call, by whomever: the new texts, and nothing for documents that are gone. The first
     * call gives everything. For one thread at a time.
     */
    Map<String, Optional<String>> changes();

    /**
     * Writes a document, or deletes it if there is no text.
     *
     * @throws StoreException with {@link StoreException.Reason#STALE} if it is not as expected
     */
    void write(String path, Expected expected, Optional<String> text);

    /** Decisions and changes that were made. */
    AuditLog auditLog();

    /** For messages. */
    String description();

    @Override
    void close();
}
