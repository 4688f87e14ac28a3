package dev.herd.tenant;

import dev.herd.safety.Policy;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Tenants at work: the store, what is known of it, and the thread that keeps the one up to date with the other. */
public final class Tenancy implements AutoCloseable {
    private static final Duration USAGE_PERIOD = Duration.ofMinutes(1);
    private static final Duration PRUNE_PERIOD = Duration.ofHours(1);
    private static final String SERVER_KEY_FILE = "server.key";
    private static final String ADMIN_KEY_FILE = "admin.key";
    private static final String KEY_CHECK = "server-key-check.json";

    private final DocumentStore store;
    private final TenantDirectory directory;
    private final KeyUsage usage = new KeyUsage();
    private final Authenticator authenticator;
    private final AuditWriter auditWriter;
    private final AdminStore adminStore;
    private final TenantAdmin tenantAdmin;
    private final InstantSource clock;
    private final Consumer<String> log;
    private final ScheduledExecutorService housekeeping;

    private Tenancy(
            DocumentStore store,
            ServerKey serverKey,
            TenancySettings settings,
            SecureRandom random,
            InstantSource clock,
            Consumer<String> log) {
        this.store = store;
        this.clock = clock;
        this.log = log;
        this.directory = new TenantDirectory(store, log);
        this.adminStore = new AdminStore(store, directory, clock);
        this.tenantAdmin = new TenantAdmin(adminStore, serverKey, settings.environment(), random, clock);
        this.authenticator = new Authenticator(
                directory,
                serverKey,
                settings.jwt().map(jwt -> new JwtVerifier(jwt, clock)),
                settings.adminKey(),
                usage,
                clock);
        directory.refresh();
        this.auditWriter = new AuditWriter(store.auditLog(), directory, serverKey, settings.allowedShare(), log);
        this.housekeeping = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("herd-tenants").daemon().factory());
        every(settings.poll(), directory::refresh);
        every(USAGE_PERIOD, () -> usage.write(store, directory));
        every(PRUNE_PERIOD, this::prune);
    }

    /**
     * Opens the store. At the first start makes what is missing: the server's key, and a key for the operator.
     *
     * @param log takes what the operator should know
     * @throws StoreException if the store cannot be used
     * @throws IllegalArgumentException if the settings make no sense
     */
    public static Tenancy open(TenancySettings settings, InstantSource clock, Consumer<String> log) {
        SecureRandom random = new SecureRandom();
        try {
            ServerKey serverKey = serverKey(settings, random);
            DocumentStore store = settings.postgres().isPresent()
                    ? PostgresStore.open(settings.postgres().get(), clock)
                    : FileStore.open(settings.directory(), clock);
            try {
                requireSameServerKey(store, serverKey);
                Tenancy tenancy = new Tenancy(store, serverKey, settings, random, clock, log);
                tenancy.bootstrap(settings);
                return tenancy;
            } catch (RuntimeException failure) {
                store.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw new StoreException(settings.directory() + " cannot be used: " + failure, failure);
        }
    }

    private static ServerKey serverKey(TenancySettings settings, SecureRandom random) throws IOException {
        if (settings.serverKey().isPresent()) {
            return ServerKey.parse(settings.serverKey().get());
        }
        Path file = settings.directory().toAbsolutePath().resolve(SERVER_KEY_FILE);
        if (!Files.exists(file)) {
            byte[] key = new byte[ServerKey.SIZE];
            random.nextBytes(key);
            try {
                DurableFiles.createSecret(file, Base64.getEncoder().encodeToString(key) + "\n");
            } catch (FileAlreadyExistsException another) {
                // a server that starts at the same time was faster
            }
        }
        return ServerKey.parse(Files.readString(file));
    }

    /** With another key no API key would be accepted any more, and nobody would know why. */
    private static void requireSameServerKey(DocumentStore store, ServerKey serverKey) {
        String text = Documents.write(Map.of("check", serverKey.check()));
        try {
            store.write(KEY_CHECK, new Expected.Absent(), Optional.of(text));
            return;
        } catch (StoreException exists) {
            if (exists.reason() != StoreException.Reason.STALE) {
                throw exists;
            }
        }
        try {
            store.write(KEY_CHECK, new Expected.Tagged(Documents.etag(text)), Optional.of(text));
        } catch (StoreException other) {
            throw other.reason() == StoreException.Reason.STALE
                    ? new StoreException(
                            StoreException.Reason.CONFLICT,
                            "the store was made with another server key; give the server that one (server.key, or"
                                    + " herd.tenants.server-key)")
                    : other;
        }
    }

    private void bootstrap(TenancySettings settings) {
        if (settings.adminKey().isPresent()) {
            return;
        }
        Path file = settings.directory().toAbsolutePath().resolve(ADMIN_KEY_FILE);
        tenantAdmin.bootstrap(key -> {
            try {
                DurableFiles.createDirectories(settings.directory().toAbsolutePath());
                DurableFiles.replace(file, key + "\n");
            } catch (IOException failure) {
                throw new StoreException(file + " cannot be written: " + failure, failure);
            }
            log.accept("the operator's key for /admin/v1 is in " + file);
        });
    }

    private void every(Duration period, Runnable task) {
        Runnable safe = () -> {
            try {
                task.run();
            } catch (RuntimeException failure) {
                log.accept(String.valueOf(failure.getMessage()));
            }
        };
        var _ = housekeeping.scheduleWithFixedDelay(safe, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void prune() {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        for (String tenant : store.auditLog().tenants()) {
            TenantState state = directory.snapshot().tenants().get(tenant);
            int days = state == null
                    ? Tenant.DEFAULT_AUDIT_DAYS
                    : state.tenant().value().auditDays();
            if (!tenant.equals(Identity.OPERATOR)) {
                store.auditLog().prune(tenant, today.minusDays(days));
            }
        }
    }

    /** For the log. */
    public String description() {
        return directory.snapshot().tenants().size() + " tenants in " + store.description();
    }

    /** Who sent a request. */
    public Authenticator authenticator() {
        return authenticator;
    }

    /** The tenants at this moment. */
    public TenantDirectory directory() {
        return directory;
    }

    /** Changes tenants and keys. */
    public TenantAdmin tenants() {
        return tenantAdmin;
    }

    /** Changes policies and bindings. */
    public PolicyAdmin policies(PolicyAdmin.Check check) {
        return new PolicyAdmin(adminStore, check, clock);
    }

    /** Which policy binds whom. */
    public TenantPolicies policySource(Optional<Policy> floor, Policy standard) {
        return new TenantPolicies(directory, floor, standard);
    }

    /** Takes decisions. */
    public AuditWriter auditWriter() {
        return auditWriter;
    }

    /** What was decided and changed. */
    public AuditLog auditLog() {
        return store.auditLog();
    }

    @Override
    public void close() {
        housekeeping.shutdown();
        auditWriter.close();
        try {
            usage.write(store, directory);
        } catch (StoreException unavailable) {
            log.accept(String.valueOf(unavailable.getMessage()));
        }
        store.close();
    }
}
