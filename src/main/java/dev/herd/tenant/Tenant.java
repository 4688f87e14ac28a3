package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * An organisation that uses the server.
 *
 * @param id never changes
 * @param name for people
 * @param status whether its keys are accepted
 * @param cacheSaltEpoch a new one makes everything that was computed for the tenant before useless to it, too
 * @param keepsText whether audit records may contain excerpts of its texts, where its policies ask for that
 * @param auditDays days that audit records are kept
 */
public record Tenant(
        String id,
        String name,
        Status status,
        int cacheSaltEpoch,
        Limits limits,
        @JsonProperty("keepsText") boolean keepsText,
        int auditDays) {
    public Tenant {
        if (auditDays < 1) {
            throw new IllegalArgumentException("auditDays is less than 1");
        }
    }

    /** What an id looks like. */
    public static final String ID_PATTERN = "[a-z0-9][a-z0-9-]{0,62}";

    /** Days that audit records are kept unless a tenant says otherwise. */
    public static final int DEFAULT_AUDIT_DAYS = 30;

    /** Whether a tenant may use the server. */
    public enum Status {
        /** It may. */
        ACTIVE,
        /** Its keys are refused; nothing of it is lost. */
        SUSPENDED
    }

    /** A tenant without limits. */
    public static Tenant of(String id) {
        return new Tenant(id, id, Status.ACTIVE, 0, Limits.NONE, false, DEFAULT_AUDIT_DAYS);
    }
}
