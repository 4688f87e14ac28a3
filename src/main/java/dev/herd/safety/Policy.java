package dev.herd.safety;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A policy: read, checked, and ready to be enforced. Immutable. */
public final class Policy {
    /** Bytes that the JSON text of a policy has at most. */
    public static final int MAX_BYTES = 256 * 1024;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final String json;

    private Policy(String json) {
        this.json = json;
    }

    /**
     * The policy that a JSON text states; what it leaves out has its default.
     *
     * @throws PolicyException if a field is unknown, of the wrong type or out of range
     */
    public static Policy parse(String json) throws PolicyException {
        if (json.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new PolicyException("", "is longer than " + MAX_BYTES + " bytes");
        }
        try {
            return new Policy(JSON.writeValueAsString(JSON.readValue(json, Object.class)));
        } catch (JsonProcessingException malformed) {
            throw new PolicyException("", "is not JSON: " + malformed.getOriginalMessage());
        }
    }

    /** The policy as JSON, all fields stated, in an order that is always the same. */
    public String json() {
        return json;
    }

    /** Hash of {@link #json}; equal for policies that mean the same. */
    public String sha256() {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Requires that this server can enforce the policy, and that what it is to catch is caught: run before publishing. */
    public void check(Guards guards) throws PolicyException {
        throw new UnsupportedOperationException("guards " + guards.contentNames());
    }

    /** The policy that is at least as strict as this one and as {@code floor} in everything. */
    public Policy merge(Policy floor) throws PolicyException {
        throw new UnsupportedOperationException("merge " + floor.sha256());
    }

    /** How the value of each field changes from this policy to {@code other}. */
    public List<Change> diff(Policy other) {
        throw new UnsupportedOperationException("diff " + other.sha256());
    }

    /**
     * A field with different values.
     *
     * @param pointer where it is
     * @param from its value before; a missing node if it is new
     * @param to its value after; a missing node if it is gone
     */
    public record Change(String pointer, JsonNode from, JsonNode to) {}
}
