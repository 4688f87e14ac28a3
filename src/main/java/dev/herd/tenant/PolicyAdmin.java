package dev.herd.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.AdminStore.Change;
import dev.herd.tenant.Snapshot.Paths;
import dev.herd.tenant.StoreException.Reason;
import dev.herd.tenant.TenantState.PolicyState;
import dev.herd.tenant.TenantState.Published;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Changes policies and bindings. All methods may block. */
public final class PolicyAdmin {
    private static final int MAX_BINDINGS = 1000;

    private final AdminStore store;
    private final Check check;
    private final InstantSource clock;

    /** What a policy must pass before it is published: that this server can enforce it. */
    public interface Check {
        /**
         * Tries a policy out.
         *
         * @throws PolicyException if it cannot be enforced
         */
        void check(Policy policy) throws PolicyException;
    }

    /**
     * Changes what {@code store} shows.
     *
     * @param check is asked before a policy is published
     */
    public PolicyAdmin(AdminStore store, Check check, InstantSource clock) {
        this.store = store;
        this.check = check;
        this.clock = clock;
    }

    /** The state of a tenant. */
    public TenantState tenant(String id) {
        return Optional.ofNullable(store.current().tenants().get(id))
                .orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "There is no tenant '" + id + "'."));
    }

    /** A policy of a tenant. */
    public PolicyState policy(String tenant, String id) {
        return Optional.ofNullable(tenant(tenant).policies().get(id))
                .orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "There is no policy '" + id + "'."));
    }

    /** The draft of a policy. */
    public Stored<PolicyDraft> draft(String tenant, String id) {
        return policy(tenant, id)
                .draft()
                .orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "The policy '" + id + "' has no draft."));
    }

    /** A published version of a policy: a number or {@code latest}. */
    public Published version(String tenant, String id, String version) {
        return policy(tenant, id)
                .find(version)
                .orElseThrow(() -> new StoreException(
                        Reason.NOT_FOUND, "The policy '" + id + "' has no version '" + version + "'."));
    }

    /**
     * Writes a draft, which must be a policy in form, but need not be one that this server can enforce.
     *
     * @throws PolicyException if it is no policy
     */
    public Stored<PolicyDraft> writeDraft(
            Identity actor, String tenant, String id, PolicyDraft draft, Expected expected) throws PolicyException {
        if (!id.matches(Tenant.ID_PATTERN)) {
            throw new StoreException(Reason.INVALID, "'" + id + "' is no id of a policy.");
        }
        Policy.parse(draft.spec().toString());
        PolicyState before = tenant(tenant).policies().get(id);
        String etag = store.apply(
                actor,
                new Change(tenant, "write draft", Paths.draft(tenant, id), expected, draft),
                before == null ? null : before.draft().orElse(null));
        return new Stored<>(draft, etag);
    }

    /** Deletes a draft. */
    public void deleteDraft(Identity actor, String tenant, String id, Expected expected) {
        store.apply(
                actor, new Change(tenant, "delete draft", Paths.draft(tenant, id), expected, null), draft(tenant, id));
    }

    /**
     * Publishes the draft as the next version. The same draft is published once: the second time gives what the first has
     * made.
     *
     * @throws PolicyException if this server cannot enforce it
     */
    public Publication publish(Identity actor, String tenant, String id, Expected expected) throws PolicyException {
        synchronized (store) {
            return publishInTurn(actor, tenant, id, expected);
        }
    }

    private Publication publishInTurn(Identity actor, String tenant, String id, Expected expected)
            throws PolicyException {
        Stored<PolicyDraft> draft = draft(tenant, id);
        if (!expected.isMetBy(Optional.of(draft.etag()))) {
            throw new StoreException(Reason.STALE, "The draft has changed meanwhile.");
        }
        PolicyState policy = policy(tenant, id);
        Optional<Published> newest =
                Optional.ofNullable(policy.versions().lastEntry()).map(entry -> entry.getValue());
        if (newest.isPresent() && newest.get().version().draftTag().equals(draft.etag())) {
            return new Publication(newest.get().stored(), false);
        }
        Policy checked = Policy.parse(draft.value().spec().toString());
        check.check(checked);
        PolicyVersion version = new PolicyVersion(
                newest.map(published -> published.version().version()).orElse(0) + 1,
                draft.value().name(),
                tree(checked.json()),
                checked.sha256(),
                draft.etag(),
                PolicyVersion.State.PUBLISHED,
                actor.caller().key(),
                clock.instant(),
                null);
        String etag = store.apply(
                actor,
                new Change(
                        tenant,
                        "publish policy",
                        Paths.version(tenant, id, version.version()),
                        new Expected.Absent(),
                        version),
                null);
        return new Publication(new Stored<>(version, etag), true);
    }

    /**
     * What publishing has made.
     *
     * @param isNew false if it was there already
     */
    public record Publication(Stored<PolicyVersion> version, boolean isNew) {}

    /** Retires a version that nothing is bound to. */
    public Stored<PolicyVersion> retire(Identity actor, String tenant, String id, String number) {
        synchronized (store) { // nobody binds it meanwhile
            return retireInTurn(actor, tenant, id, number);
        }
    }

    private Stored<PolicyVersion> retireInTurn(Identity actor, String tenant, String id, String number) {
        Published version = version(tenant, id, number);
        if (!version.isBindable()) {
            return version.stored();
        }
        TenantState state = tenant(tenant);
        PolicyState policy = policy(tenant, id);
        for (Binding binding : state.bindingTable().bindings()) {
            if (binding.policy().equals(id) && policy.find(binding.version()).equals(Optional.of(version))) {
                throw new StoreException(Reason.CONFLICT, "The version is bound; bind another one first.");
            }
        }
        PolicyVersion retired = version.version().retired(clock.instant());
        String etag = store.apply(
                actor,
                new Change(
                        tenant,
                        "retire policy",
                        Paths.version(tenant, id, retired.version()),
                        new Expected.Present(),
                        retired),
                version.stored());
        return new Stored<>(retired, etag);
    }

    /** The bindings of a tenant. */
    public Stored<Binding.Table> bindings(String tenant) {
        return tenant(tenant)
                .bindings()
                .orElseGet(
                        () -> new Stored<>(Binding.Table.EMPTY, Documents.etag(Documents.write(Binding.Table.EMPTY))));
    }

    /** Replaces the bindings of a tenant, all at once. */
    public Stored<Binding.Table> bind(Identity actor, String tenant, Binding.Table table, Expected expected) {
        synchronized (store) {
            return bindInTurn(actor, tenant, table, expected);
        }
    }

    private Stored<Binding.Table> bindInTurn(Identity actor, String tenant, Binding.Table table, Expected expected) {
        TenantState state = tenant(tenant);
        if (table.bindings().size() > MAX_BINDINGS) {
            throw new StoreException(Reason.INVALID, "There are more than " + MAX_BINDINGS + " bindings.");
        }
        for (int i = 0; i < table.bindings().size(); i++) {
            requireBindable(state, table.bindings().get(i), "bindings[" + i + "]");
        }
        Stored<Binding.Table> before = bindings(tenant);
        if (!expected.isMetBy(Optional.of(before.etag()))) {
            throw new StoreException(Reason.STALE, "The bindings have changed meanwhile.");
        }
        String etag = store.apply(
                actor,
                new Change(tenant, "bind policies", Paths.bindings(tenant), new Expected.Anything(), table),
                state.bindings().orElse(null));
        return new Stored<>(table, etag);
    }

    private static void requireBindable(TenantState state, Binding binding, String path) {
        Optional<Published> version = Optional.ofNullable(state.policies().get(binding.policy()))
                .flatMap(policy -> policy.find(binding.version()));
        if (version.isEmpty()) {
            throw new StoreException(
                    Reason.INVALID,
                    "'" + path + "': there is no published policy " + binding.policy() + "@" + binding.version() + ".");
        }
        if (!version.get().isBindable()) {
            throw new StoreException(
                    Reason.CONFLICT, "'" + path + "': " + binding.policy() + "@" + binding.version() + " is retired.");
        }
        if (binding.scope() == Binding.Scope.TENANT && binding.target() != null) {
            throw new StoreException(Reason.INVALID, "'" + path + ".target': the scope 'tenant' has none.");
        }
        if (binding.scope() != Binding.Scope.TENANT && binding.target() == null) {
            throw new StoreException(Reason.INVALID, "'" + path + ".target' is missing.");
        }
        if (binding.scope() == Binding.Scope.API_KEY && !state.keys().containsKey(String.valueOf(binding.target()))) {
            throw new StoreException(
                    Reason.INVALID, "'" + path + ".target': there is no key '" + binding.target() + "'.");
        }
    }

    /** The operator's floor; empty if only the built-in one holds. */
    public Optional<Stored<Policy>> floor() {
        return store.current().floor();
    }

    /**
     * Replaces the operator's floor.
     *
     * @throws PolicyException if it is no policy
     * @throws StoreException if a published policy of a tenant that is not suspended could not be enforced any more
     */
    public Stored<Policy> writeFloor(Identity actor, JsonNode spec, Expected expected) throws PolicyException {
        Policy policy = Policy.parseLayer(spec.toString());
        store.current().tenants().values().stream()
                .filter(tenant -> tenant.tenant().value().status() == Tenant.Status.ACTIVE)
                .forEach(tenant -> requireBelow(tenant, policy));
        String etag = store.apply(
                actor,
                new Change(Identity.OPERATOR, "write floor", Paths.FLOOR, expected, tree(policy.json())),
                before(floor()));
        return new Stored<>(policy, etag);
    }

    private static void requireBelow(TenantState tenant, Policy floor) {
        tenant.policies()
                .forEach((id, policy) -> policy.versions().forEach((number, version) -> {
                    try {
                        if (version.isBindable()) {
                            version.policy().merge(floor);
                        }
                    } catch (PolicyException contradiction) {
                        throw new StoreException(
                                Reason.CONFLICT,
                                "The policy " + id + "@" + number + " of tenant '"
                                        + tenant.tenant().value().id() + "' does not go with this floor: "
                                        + contradiction.getMessage());
                    }
                }));
    }

    private static @Nullable Stored<?> before(Optional<Stored<Policy>> floor) {
        return floor.map(stored -> new Stored<>(tree(stored.value().json()), stored.etag()))
                .orElse(null);
    }

    /** How a policy differs from another. */
    public List<Policy.Change> diff(String tenant, String id, String from, String to) {
        return version(tenant, id, from).policy().diff(version(tenant, id, to).policy());
    }

    private static JsonNode tree(String json) {
        try {
            return Documents.JSON.readTree(json);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
