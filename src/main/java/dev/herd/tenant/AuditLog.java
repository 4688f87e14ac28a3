package dev.herd.tenant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.List;

/**
 * Records of what was decided and changed, a chain for each tenant: every record contains the hash of the one before. Only
 * whole days at the beginning of a chain are ever deleted; a checkpoint tells where it goes on. Methods may block.
 */
public interface AuditLog {
    /** Appends records, which are there when this returns; each gets its number, the hash of the one before, and its own. */
    void append(String tenant, List<ObjectNode> records);

    /** Calls {@code line} with the records of a tenant after the one numbered {@code after}, in order, until it says no. */
    void read(String tenant, long after, LineReader line);

    /** Follows the chain of a tenant from its checkpoint to its end. */
    AuditChain.Verdict verify(String tenant);

    /** Deletes the days before {@code first}. */
    void prune(String tenant, LocalDate first);

    /** The tenants that have records. */
    List<String> tenants();

    /** Takes lines of the log. */
    interface LineReader {
        /** Takes a line; returns whether more are wanted. */
        boolean accept(String line);
    }
}
