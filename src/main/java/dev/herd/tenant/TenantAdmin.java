package dev.herd.tenant;

import dev.herd.tenant.AdminStore.Change;
import dev.herd.tenant.Snapshot.Paths;
import dev.herd.tenant.StoreException.Reason;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes tenants and their keys. All methods may block. */
public final class TenantAdmin {
    private final AdminStore store;
    private final ServerKey serverKey;
    private final String environment;
    private final SecureRandom random;
    private final InstantSource clock;

    /**
     * Changes what {@code store} shows.
     *
     * @param environment stands in new keys, so that people tell keys of different servers apart
     */
    public TenantAdmin(
            AdminStore store, ServerKey serverKey, String environment, SecureRandom random, InstantSource clock) {
        this.store = store;
        this.serverKey = serverKey;
        this.environment = environment;
        this.random = random;
        this.clock = clock;
    }

    /** All tenants. */
    public List<TenantState> tenants() {
        return List.copyOf(store.current().tenants().values());
    }

    /**
     * A tenant.
     *
     * @throws StoreException if there is none
     */
    public TenantState tenant(String id) {
        TenantState tenant = store.current().tenants().get(id);
        if (tenant == null) {
            throw new StoreException(Reason.NOT_FOUND, "There is no tenant '" + id + "'.");
        }
        return tenant;
    }

    /** Adds a tenant. It begins with nothing, whatever an interrupted deletion has left of one of its name. */
    public TenantState create(Identity actor, Tenant tenant) {
        if (tenant.id().equals(Identity.OPERATOR)) {
            throw new StoreException(Reason.EXISTS, "The operator is no tenant.");
        }
        synchronized (store) {
            if (store.has(tenant.id())) {
                throw new StoreException(Reason.EXISTS, "There is a tenant '" + tenant.id() + "'.");
            }
            store.clear(actor, tenant.id());
            store.apply(
                    actor,
                    new Change(tenant.id(), "create tenant", Paths.tenant(tenant.id()), new Expected.Absent(), tenant),
                    null);
            return tenant(tenant.id());
        }
    }

    /** Makes {@code after} of what {@code before} says of a tenant. */
    public TenantState update(Identity actor, Stored<Tenant> before, Tenant after, Expected expected) {
        store.apply(actor, new Change(after.id(), "change tenant", Paths.tenant(after.id()), expected, after), before);
        return tenant(after.id());
    }

    /** Removes a tenant with its keys and policies; its audit records stay until their time is over. */
    public void delete(Identity actor, String id, Expected expected) {
        TenantState tenant = tenant(id);
        store.apply(actor, new Change(id, "delete tenant", Paths.tenant(id), expected, null), tenant.tenant());
        store.clear(actor, id); // the tenant is gone with its own document; the rest binds nobody any more
    }

    /**
     * What a new key is to be.
     *
     * @param lifetime how long it is accepted; null for ever
     */
    public record KeyRequest(
            String name, Set<Scope> scopes, @Nullable Duration lifetime, Limits limits, List<String> policies) {}

    /**
     * A new key.
     *
     * @param text the key with its secret, to be shown once
     */
    public record NewKey(Stored<ApiKey> key, String text) {
        /** Without the secret. */
        @Override
        public String toString() {
            return key.value().id();
        }
    }

    /**
     * The keys of a tenant or of the operator.
     *
     * @throws StoreException if there is no such tenant
     */
    public SortedMap<String, Stored<ApiKey>> keys(String tenant) {
        return tenant.equals(Identity.OPERATOR)
                ? store.current().operatorKeys()
                : tenant(tenant).keys();
    }

    private static String path(String tenant, String key) {
        return tenant.equals(Identity.OPERATOR) ? Paths.operatorKey(key) : Paths.key(tenant, key);
    }

    /** Makes a key for a tenant, or for the operator: such keys may do everything, and only that. */
    public NewKey createKey(Identity actor, String tenant, KeyRequest request) {
        boolean isWhole = request.scopes().equals(Set.of(Scope.ADMIN))
                && request.limits().equals(Limits.NONE)
                && request.policies().isEmpty();
        if (!tenant.equals(Identity.OPERATOR)) {
            tenant(tenant);
        } else if (!isWhole) {
            throw new StoreException(
                    Reason.INVALID, "A key of the operator's has the scope 'admin', no limits and no policies.");
        }
        KeyText text = KeyText.make(environment, random);
        Instant now = clock.instant();
        ApiKey key = new ApiKey(
                text.id(),
                request.name(),
                HexFormat.of().formatHex(serverKey.hashOf(text.secret())),
                request.scopes(),
                now,
                request.lifetime() == null ? null : now.plus(request.lifetime()),
                false,
                request.limits(),
                request.policies());
        String etag = store.apply(
                actor, new Change(tenant, "create key", path(tenant, key.id()), new Expected.Absent(), key), null);
        return new NewKey(new Stored<>(key, etag), text.text());
    }

    /**
     * Makes the successor of a key; the old one is accepted for {@code overlap} more. If the server dies in between, both are
     * accepted.
     */
    public NewKey rotate(Identity actor, String tenant, String id, Duration overlap) {
        synchronized (store) {
            return rotateInTurn(actor, tenant, id, overlap);
        }
    }

    private NewKey rotateInTurn(Identity actor, String tenant, String id, Duration overlap) {
        Stored<ApiKey> old = key(tenant, id);
        if (!old.value().isUsable(clock.instant())) {
            throw new StoreException(Reason.CONFLICT, "The key is not accepted any more and has no successor.");
        }
        ApiKey key = old.value();
        Duration lifetime = key.expires() == null ? null : Duration.between(key.created(), key.expires());
        NewKey successor = createKey(
                actor, tenant, new KeyRequest(key.name(), key.scopes(), lifetime, key.limits(), key.policies()));
        store.apply(
                actor,
                new Change(
                        tenant,
                        "rotate key",
                        path(tenant, id),
                        new Expected.Present(),
                        key.endingAt(clock.instant().plus(overlap))),
                old);
        return successor;
    }

    /** Ends a key at once; it stays listed. */
    public void revoke(Identity actor, String tenant, String id) {
        Stored<ApiKey> key = key(tenant, id);
        store.apply(
                actor,
                new Change(
                        tenant,
                        "revoke key",
                        path(tenant, id),
                        new Expected.Present(),
                        key.value().revoked()),
                key);
    }

    /**
     * A key of a tenant.
     *
     * @throws StoreException if there is none
     */
    public Stored<ApiKey> key(String tenant, String id) {
        return Optional.ofNullable(keys(tenant).get(id))
                .orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "There is no key '" + id + "'."));
    }

    /** Makes a key of the operator's, if none is accepted: {@code keep} has its text before it is. */
    void bootstrap(Consumer<String> keep) {
        Instant now = clock.instant();
        if (keys(Identity.OPERATOR).values().stream()
                .anyMatch(key -> key.value().isUsable(now))) {
            return;
        }
        KeyText text = KeyText.make(environment, random);
        ApiKey key = new ApiKey(
                text.id(),
                "made at the first start",
                HexFormat.of().formatHex(serverKey.hashOf(text.secret())),
                Set.of(Scope.ADMIN),
                clock.instant(),
                null,
                false,
                Limits.NONE,
                List.of());
        keep.accept(text.text());
        store.apply(
                Identity.LOCAL,
                new Change(
                        Identity.OPERATOR,
                        "create operator key",
                        Paths.operatorKey(key.id()),
                        new Expected.Absent(),
                        key),
                null);
    }
}
