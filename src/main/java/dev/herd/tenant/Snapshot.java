package dev.herd.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.TenantState.PolicyState;
import dev.herd.tenant.TenantState.Published;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All tenants at one moment; immutable.
 *
 * @param ownersOfKeys the tenant of each key, by its id
 * @param operatorKeys keys that may do everything, by id
 * @param floor what the operator demands of all policies, if it demands anything beyond the built-in floor
 */
public record Snapshot(
        SortedMap<String, TenantState> tenants,
        Map<String, TenantState> ownersOfKeys,
        SortedMap<String, Stored<ApiKey>> operatorKeys,
        Optional<Stored<Policy>> floor) {
    /** Nobody. */
    static final Snapshot EMPTY = new Snapshot(new TreeMap<>(), Map.of(), new TreeMap<>(), Optional.empty());

    /** Names of documents. */
    static final class Paths {
        static final String FLOOR = "floor.json";
        private static final Pattern TENANT = Pattern.compile("tenants/(" + Tenant.ID_PATTERN + ")/(.+)\\.json");
        private static final Pattern KEY = Pattern.compile("keys/([a-z0-9]{12})");
        private static final Pattern OPERATOR_KEY = Pattern.compile("operator/keys/([a-z0-9]{12})\\.json");
        private static final Pattern DRAFT = Pattern.compile("policies/(" + Tenant.ID_PATTERN + ")/draft");
        private static final Pattern VERSION = Pattern.compile("policies/(" + Tenant.ID_PATTERN + ")/v([1-9]\\d{0,8})");

        private Paths() {}

        static String directory(String tenant) {
            return "tenants/" + tenant + "/";
        }

        static String tenant(String tenant) {
            return "tenants/" + tenant + "/tenant.json";
        }

        static String key(String tenant, String key) {
            return "tenants/" + tenant + "/keys/" + key + ".json";
        }

        static String operatorKey(String key) {
            return "operator/keys/" + key + ".json";
        }

        static String usage(String tenant) {
            return "tenants/" + tenant + "/usage.json";
        }

        static String bindings(String tenant) {
            return "tenants/" + tenant + "/bindings.json";
        }

        static String draft(String tenant, String policy) {
            return "tenants/" + tenant + "/policies/" + policy + "/draft.json";
        }

        static String version(String tenant, String policy, int version) {
            return "tenants/" + tenant + "/policies/" + policy + "/v" + version + ".json";
        }
    }

    /**
     * What the document at {@code path} states; empty if it is none of ours.
     *
     * @throws JsonProcessingException if it is malformed
     * @throws PolicyException if it holds a policy that cannot be enforced
     */
    static Optional<Object> parse(String path, String text) throws JsonProcessingException, PolicyException {
        if (path.equals(Paths.FLOOR)) {
            return Optional.of(Policy.parseLayer(text));
        }
        Matcher operatorKey = Paths.OPERATOR_KEY.matcher(path);
        if (operatorKey.matches()) {
            return Optional.of(key(text, operatorKey.group(1)));
        }
        Matcher tenant = Paths.TENANT.matcher(path);
        if (!tenant.matches()) {
            return Optional.empty();
        }
        String name = tenant.group(2);
        if (name.equals("tenant")) {
            Tenant stated = Documents.read(text, Tenant.class);
            requireSame("id", tenant.group(1), stated.id());
            return Optional.of(stated);
        }
        if (name.equals("bindings")) {
            return Optional.of(Documents.read(text, Binding.Table.class));
        }
        if (name.equals("usage")) {
            return Optional.of(new Usage(text));
        }
        Matcher key = Paths.KEY.matcher(name);
        if (key.matches()) {
            return Optional.of(key(text, key.group(1)));
        }
        if (Paths.DRAFT.matcher(name).matches()) {
            return Optional.of(Documents.read(text, PolicyDraft.class));
        }
        Matcher version = Paths.VERSION.matcher(name);
        return version.matches() ? Optional.of(published(text, version.group(2))) : Optional.empty();
    }

    /** A copied file must not act for whom it was copied from. */
    private static void requireSame(String name, String wanted, String stated) throws JsonProcessingException {
        if (!wanted.equals(stated)) {
            throw new JsonMappingException(null, "states the " + name + " '" + stated + "', not its own");
        }
    }

    private static ApiKey key(String text, String id) throws JsonProcessingException {
        ApiKey key = Documents.read(text, ApiKey.class);
        requireSame("id", id, key.id());
        return key;
    }

    private static Published published(String text, String number) throws JsonProcessingException, PolicyException {
        PolicyVersion version = Documents.read(text, PolicyVersion.class);
        requireSame("version", number, Integer.toString(version.version()));
        Policy policy = Policy.parse(version.spec().toString());
        if (!policy.sha256().equals(version.sha256())) {
            throw new PolicyException("", "is not the one that was published: its hash is " + policy.sha256());
        }
        return new Published(new Stored<>(version, Documents.etag(text)), policy);
    }

    /** When keys were used last. */
    private record Usage(Map<String, Instant> lastUsed) {
        Usage(String text) throws JsonProcessingException {
            this(read(text));
        }

        private static Map<String, Instant> read(String text) throws JsonProcessingException {
            Map<String, Instant> times = new HashMap<>();
            for (Map.Entry<String, JsonNode> entry :
                    Documents.JSON.readTree(text).properties()) {
                times.put(entry.getKey(), Documents.JSON.treeToValue(entry.getValue(), Instant.class));
            }
            return times;
        }
    }

    /** A document that was read: what it states, and the tag of its text. */
    record Parsed(Object value, String etag) {}

    /** The state that these documents make together; those of tenants that do not exist are left out. */
    static Snapshot of(Map<String, Parsed> documents) {
        SortedMap<String, Draft> drafts = new TreeMap<>();
        SortedMap<String, Stored<ApiKey>> operatorKeys = new TreeMap<>();
        documents.forEach((path, parsed) -> {
            Matcher tenant = Paths.TENANT.matcher(path);
            if (tenant.matches()) {
                drafts.computeIfAbsent(tenant.group(1), id -> new Draft()).add(tenant.group(2), parsed);
            } else if (parsed.value() instanceof ApiKey key) {
                operatorKeys.put(key.id(), new Stored<>(key, parsed.etag()));
            }
        });
        SortedMap<String, TenantState> tenants = new TreeMap<>();
        drafts.forEach((id, draft) -> draft.finish().ifPresent(state -> tenants.put(id, state)));
        Map<String, TenantState> owners = new HashMap<>();
        tenants.values().forEach(state -> state.keys().keySet().forEach(key -> owners.putIfAbsent(key, state)));
        Parsed floor = documents.get(Paths.FLOOR);
        return new Snapshot(
                tenants,
                owners,
                operatorKeys,
                floor != null && floor.value() instanceof Policy policy
                        ? Optional.of(new Stored<>(policy, floor.etag()))
                        : Optional.empty());
    }

    /** A tenant while its documents are gathered. */
    private static final class Draft {
        private Optional<Stored<Tenant>> tenant = Optional.empty();
        private Optional<Stored<Binding.Table>> bindings = Optional.empty();
        private final SortedMap<String, Stored<ApiKey>> keys = new TreeMap<>();
        private final SortedMap<String, Optional<Stored<PolicyDraft>>> drafts = new TreeMap<>();
        private final SortedMap<String, TreeMap<Integer, Published>> versions = new TreeMap<>();
        private Map<String, Instant> lastUsed = Map.of();

        void add(String name, Parsed parsed) {
            switch (parsed.value()) {
                case Tenant value -> tenant = Optional.of(new Stored<>(value, parsed.etag()));
                case Binding.Table value -> bindings = Optional.of(new Stored<>(value, parsed.etag()));
                case ApiKey value -> keys.put(value.id(), new Stored<>(value, parsed.etag()));
                case PolicyDraft value -> drafts.put(policy(name), Optional.of(new Stored<>(value, parsed.etag())));
                case Published value ->
                    versions.computeIfAbsent(policy(name), id -> new TreeMap<>())
                            .put(value.version().version(), value);
                case Usage(Map<String, Instant> times) -> lastUsed = times;
                default -> throw new IllegalStateException(name);
            }
        }

        private static String policy(String name) {
            return name.split("/", -1)[1];
        }

        Optional<TenantState> finish() {
            versions.keySet().forEach(id -> drafts.putIfAbsent(id, Optional.empty()));
            SortedMap<String, PolicyState> policies = new TreeMap<>();
            drafts.forEach((id, draft) ->
                    policies.put(id, new PolicyState(id, draft, versions.getOrDefault(id, new TreeMap<>()))));
            return tenant.map(stored -> new TenantState(stored, keys, policies, bindings, lastUsed));
        }
    }
}
