package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is kept: without its secret.
 *
 * @param id the part of the key by which it is looked up
 * @param name for people
 * @param hash {@link ServerKey#hashOf} the secret, in hexadecimal
 * @param scopes what it may be used for
 * @param expires when it ends by itself; null for never
 * @param limits beneath those of the tenant
 * @param policies what {@code X-Safety-Policy} may ask for, as {@code id} or {@code id@version}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApiKey(
        String id,
        String name,
        String hash,
        Set<Scope> scopes,
        Instant created,
        @Nullable Instant expires,
        @JsonProperty("revoked") boolean isRevoked,
        Limits limits,
        List<String> policies) {
    public ApiKey {
        if (!hash.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("the hash is none");
        }
        scopes = Set.copyOf(scopes);
        policies = List.copyOf(policies);
    }

    /** Where a key stands in its life. */
    public enum State {
        /** It is accepted. */
        ACTIVE,
        /** It is accepted, and its end is set. */
        EXPIRING,
        /** Its time is over. */
        EXPIRED,
        /** Somebody has ended it. */
        REVOKED
    }

    /** Where it stands at {@code now}. */
    public State state(Instant now) {
        if (isRevoked) {
            return State.REVOKED;
        }
        if (expires == null) {
            return State.ACTIVE;
        }
        return now.isBefore(expires) ? State.EXPIRING : State.EXPIRED;
    }

    /** Whether it is accepted at {@code now}. */
    public boolean isUsable(Instant now) {
        State state = state(now);
        return state == State.ACTIVE || state == State.EXPIRING;
    }

    /** The same key with an earlier end. */
    ApiKey endingAt(Instant end) {
        Instant sooner = expires == null || end.isBefore(expires) ? end : expires;
        return new ApiKey(id, name, hash, scopes, created, sooner, isRevoked, limits, policies);
    }

    /** The same key, not accepted any more. */
    ApiKey revoked() {
        return new ApiKey(id, name, hash, scopes, created, expires, true, limits, policies);
    }
}
