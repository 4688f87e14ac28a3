package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A policy as it was published; only its state ever changes.
 *
 * @param spec the policy with all its fields
 * @param sha256 hash of the policy, by which audit records name it
 * @param draftTag tag of the draft that it was made of, so that publishing twice makes one version
 * @param createdBy id of the key that published it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PolicyVersion(
        int version,
        String name,
        JsonNode spec,
        String sha256,
        String draftTag,
        State state,
        String createdBy,
        Instant createdAt,
        @Nullable Instant retiredAt) {
    /** Whether it can be bound. */
    public enum State {
        /** It can. */
        PUBLISHED,
        /** It cannot any more. */
        RETIRED
    }

    /** The same version, retired. */
    PolicyVersion retired(Instant now) {
        return new PolicyVersion(version, name, spec, sha256, draftTag, State.RETIRED, createdBy, createdAt, now);
    }
}
