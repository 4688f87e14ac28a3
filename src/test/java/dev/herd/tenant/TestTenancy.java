package dev.herd.tenant;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parts of {@link Tenancy} over files, put together with a clock that tests move. */
final class TestTenancy implements AutoCloseable {
    static final Identity OPERATOR = new Identity(
            new dev.herd.safety.Caller(Identity.OPERATOR, "test", "", ""),
            Optional.empty(),
            Set.of(Scope.ADMIN),
            Limits.NONE,
            Limits.NONE,
            List.of());

    final TestClock clock = new TestClock();
    final ServerKey serverKey = ServerKey.of(new byte[32]);
    final List<String> complaints = Collections.synchronizedList(new ArrayList<>());
    final DocumentStore store;
    final TenantDirectory directory;
    final KeyUsage usage = new KeyUsage();
    final TenantAdmin admin;
    final PolicyAdmin policies;

    TestTenancy(Path root) {
        this.store = FileStore.open(root, clock);
        this.directory = new TenantDirectory(store, complaints::add);
        AdminStore adminStore = new AdminStore(store, directory, clock);
        this.admin = new TenantAdmin(adminStore, serverKey, "test", new SecureRandom(), clock);
        this.policies = new PolicyAdmin(adminStore, policy -> {}, clock);
        directory.refresh();
    }

    Authenticator authenticator(Optional<JwtVerifier> tokens, Optional<String> adminKey) {
        return new Authenticator(directory, serverKey, tokens, adminKey, usage, clock);
    }

    TenantState tenant(String id) {
        return admin.create(OPERATOR, Tenant.of(id));
    }

    TenantAdmin.NewKey key(String tenant, Scope... scopes) {
        return key(tenant, null, scopes);
    }

    TenantAdmin.NewKey key(String tenant, @Nullable Duration lifetime, Scope... scopes) {
        return admin.createKey(
                OPERATOR,
                tenant,
                new TenantAdmin.KeyRequest("a key", Set.of(scopes), lifetime, Limits.NONE, List.of()));
    }

    @Override
    public void close() {
        store.close();
    }
}
