package dev.herd.safety;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A policy: read, checked, completed and ready to be enforced. Immutable and safe for use by many threads.
 *
 * <p>A <em>layer</em> is a policy that only tightens others: what it leaves out demands nothing. The platform's floor is
 * one.
 */
public final class Policy {
    /** Bytes that the JSON text of a policy has at most. */
    public static final int MAX_BYTES = 256 * 1024;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode fields;
    private final boolean isLayer;
    private final String json;
    private final PolicyRules rules;

    private Policy(JsonNode fields, boolean isLayer, Optional<Policy> floor) throws PolicyException {
        this.fields = fields;
        this.isLayer = isLayer;
        this.json = fields.toString();
        this.rules = new PolicyRules(fields, floor.map(policy -> policy.fields));
    }

    /**
     * The policy that a JSON text states; what it leaves out has its default.
     *
     * @throws PolicyException if a field is unknown, of the wrong type or out of range, or fields contradict each other
     */
    public static Policy parse(String json) throws PolicyException {
        return read(json, false);
    }

    /**
     * The layer that a JSON text states; what it leaves out demands nothing.
     *
     * @throws PolicyException as for {@link #parse}
     */
    public static Policy parseLayer(String json) throws PolicyException {
        return read(json, true);
    }

    private static Policy read(String json, boolean isLayer) throws PolicyException {
        if (json.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new PolicyException("", "is longer than " + MAX_BYTES + " bytes");
        }
        JsonNode stated;
        try {
            stated = JSON.readTree(json);
        } catch (JsonProcessingException malformed) {
            throw new PolicyException("", "is not JSON: " + malformed.getOriginalMessage());
        }
        JsonNode fields = PolicySchema.POLICY.read(inherited(stated), "", isLayer);
        PolicyConsistency.check(fields, isLayer);
        return new Policy(fields, isLayer, Optional.empty());
    }

    /** States for each category and entity what it has from the defaults beside it, so that no value hangs on another. */
    private static JsonNode inherited(JsonNode stated) throws PolicyException {
        if (!stated.isObject()) {
            throw new PolicyException("", "must be an object");
        }
        ObjectNode completed = stated.deepCopy();
        if (completed.path("content") instanceof ObjectNode content
                && content.path("defaults") instanceof ObjectNode defaults) {
            inherit(content, "categories", PolicySchema.CATEGORIES.keySet(), defaults);
        }
        if (completed.path("pii") instanceof ObjectNode pii) {
            ObjectNode defaults = JsonNodeFactory.instance.objectNode();
            for (String direction : List.of("input", "output")) {
                if (pii.has(direction)) {
                    defaults.set(direction, pii.get(direction));
                }
            }
            Set<String> names = new TreeSet<>();
            for (PiiEntity entity : PiiEntity.values()) {
                names.add(entity.name());
            }
            inherit(pii, "entities", names, defaults);
        }
        return completed;
    }

    private static void inherit(ObjectNode parent, String name, Set<String> keys, ObjectNode defaults) {
        JsonNode entries = parent.has(name) ? parent.get(name) : parent.putObject(name);
        if (entries instanceof ObjectNode object) {
            for (String key : keys) {
                object.set(key, over(defaults, object.path(key)));
            }
        }
    }

    /** {@code stated} with what it does not state from {@code defaults}. */
    private static JsonNode over(JsonNode defaults, JsonNode stated) {
        if (stated.isMissingNode()) {
            return defaults.deepCopy();
        }
        if (!defaults.isObject() || !stated.isObject()) {
            return stated;
        }
        ObjectNode merged = defaults.deepCopy();
        for (Map.Entry<String, JsonNode> field : stated.properties()) {
            merged.set(field.getKey(), over(merged.path(field.getKey()), field.getValue()));
        }
        return merged;
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

    /**
     * Requires that this server can enforce the policy, and that its filters catch what they name and nothing else: to be
     * run before a policy is published or loaded.
     */
    public void check(Guards guards) throws PolicyException {
        String guard = rules.guard();
        if (!guard.equals(Guards.NONE) && guards.content(guard).isEmpty()) {
            throw new PolicyException(
                    "/content/guard", "there is no guard '" + guard + "' here, but " + guards.contentNames());
        }
        String detector = rules.injectionModel();
        if (!detector.equals(Guards.NONE) && guards.detector(detector).isEmpty()) {
            throw new PolicyException(
                    "/promptAttack/model",
                    "there is no injection detector '" + detector + "' here, but " + guards.detectorNames());
        }
        Canaries.check(fields, rules);
    }

    /**
     * The policy that is at least as strict as this one and as {@code floor} in everything. In shadow mode what the floor
     * demands is enforced all the same, unless the floor is in shadow mode itself.
     *
     * @throws PolicyException if both define the same category, topic or list differently
     */
    public Policy merge(Policy floor) throws PolicyException {
        ObjectNode merged = (ObjectNode) PolicySchema.POLICY.merge(fields, floor.fields, "");
        String ownMode = fields.path("mode").textValue();
        String floorMode = floor.fields.path("mode").textValue();
        if (isLayer) {
            merged.set("mode", floor.fields.path("mode"));
        } else if (ownMode.equals("off") && !floorMode.equals("off")) {
            merged.set("mode", TextNode.valueOf("shadow"));
        }
        ObjectNode content = (ObjectNode) merged.get("content");
        if (content.path("guard").asText().equals(Guards.NONE) && floor.rules.judgesContent()) {
            content.set("guard", floor.fields.at("/content/guard"));
        }
        return new Policy(merged, isLayer, floorMode.equals("enforce") ? Optional.of(floor) : Optional.empty());
    }

    /** The same policy, enforced: what a request may ask for of a policy that only watches. */
    public Policy enforced() {
        try {
            ObjectNode enforced = fields.deepCopy();
            enforced.put("mode", "enforce");
            return new Policy(enforced, isLayer, Optional.empty());
        } catch (PolicyException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** How the value of each field changes from this policy to {@code other}. */
    public List<Change> diff(Policy other) {
        List<Change> changes = new ArrayList<>();
        diff("", fields, other.fields, changes);
        return changes;
    }

    private static void diff(String pointer, JsonNode from, JsonNode to, List<Change> changes) {
        if (from.isObject() && to.isObject()) {
            Set<String> names = new TreeSet<>();
            from.fieldNames().forEachRemaining(names::add);
            to.fieldNames().forEachRemaining(names::add);
            names.forEach(
                    name -> diff(pointer + "/" + ObjectShape.escaped(name), from.path(name), to.path(name), changes));
        } else if (!from.equals(to)) {
            changes.add(new Change(pointer, from, to));
        }
    }

    /** What the policy demands, compiled. */
    PolicyRules rules() {
        return rules;
    }

    /** How refusals are worded and shaped, and what of the assessment answers show. */
    public PolicyAnswers answers() {
        return new PolicyAnswers(fields);
    }

    /**
     * A field with different values.
     *
     * @param pointer where it is
     * @param from its value before; a {@link MissingNode} if it is new
     * @param to its value after; a {@link MissingNode} if it is gone
     */
    public record Change(String pointer, JsonNode from, JsonNode to) {}

    @Override
    public boolean equals(Object other) {
        return other instanceof Policy policy && policy.json.equals(json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return json;
    }
}
