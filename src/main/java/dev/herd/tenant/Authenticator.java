package dev.herd.tenant;

import dev.herd.safety.Caller;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out who sent a request. Safe for use by many threads. */
public final class Authenticator {
    /** Stands in for the key that does not exist, so that its refusal takes as long as any. */
    private static final ApiKeyAndOwner NOBODY = new ApiKeyAndOwner(null, "00".repeat(32), Optional.empty());

    private final TenantDirectory directory;
    private final ServerKey serverKey;
    private final Optional<JwtVerifier> tokens;
    private final KeyUsage usage;
    private final InstantSource clock;
    private final Optional<byte[]> configuredAdminHash;

    private record ApiKeyAndOwner(@Nullable ApiKey key, String hash, Optional<Stored<Tenant>> tenant) {}

    /**
     * Knows the callers that {@code directory} and {@code tokens} know.
     *
     * @param adminKey the operator's key as configured, if it is
     */
    public Authenticator(
            TenantDirectory directory,
            ServerKey serverKey,
            Optional<JwtVerifier> tokens,
            Optional<String> adminKey,
            KeyUsage usage,
            InstantSource clock) {
        this.directory = directory;
        this.serverKey = serverKey;
        this.tokens = tokens;
        this.usage = usage;
        this.clock = clock;
        this.configuredAdminHash = adminKey.map(serverKey::hashOf);
    }

    /** Whether {@link #authenticate} may have to ask somebody for keys, and so is not for an event loop. */
    public boolean mayBlock(Credentials credentials) {
        try {
            return tokens.isPresent() && JwtVerifier.looksLikeOne(credentials.bearer());
        } catch (AuthException refused) {
            return false; // nobody is asked
        }
    }

    /**
     * Who sent a request.
     *
     * @throws AuthException if that is not known
     */
    public Identity authenticate(Credentials credentials) {
        String bearer = credentials.bearer();
        if (tokens.isPresent() && JwtVerifier.looksLikeOne(bearer)) {
            return tenantOf(tokens.get().verify(bearer));
        }
        boolean isConfiguredAdmin = configuredAdminHash
                .map(hash -> MessageDigest.isEqual(hash, serverKey.hashOf(bearer)))
                .orElse(false);
        Optional<KeyText> text = KeyText.parse(bearer);
        ApiKeyAndOwner owner = text.map(key -> find(key.id())).orElse(NOBODY);
        byte[] hash = serverKey.hashOf(text.map(KeyText::secret).orElse(""));
        boolean isRight = MessageDigest.isEqual(hash, HexFormat.of().parseHex(owner.hash()));
        if (isConfiguredAdmin) {
            return operator("configured");
        }
        ApiKey key = owner.key();
        if (!isRight || key == null || !key.isUsable(clock.instant())) {
            throw Credentials.refused();
        }
        usage.used(owner.tenant().map(tenant -> tenant.value().id()), key.id(), clock.instant());
        return owner.tenant()
                .map(tenant -> identity(tenant.value(), key.id(), "", key.scopes(), key.limits(), key.policies()))
                .orElseGet(() -> operator(key.id()));
    }

    private ApiKeyAndOwner find(String id) {
        Snapshot snapshot = directory.snapshot();
        Stored<ApiKey> operatorKey = snapshot.operatorKeys().get(id);
        if (operatorKey != null) {
            return new ApiKeyAndOwner(operatorKey.value(), operatorKey.value().hash(), Optional.empty());
        }
        TenantState owner = snapshot.ownersOfKeys().get(id);
        Stored<ApiKey> key = owner == null ? null : owner.keys().get(id);
        return owner == null || key == null
                ? NOBODY
                : new ApiKeyAndOwner(key.value(), key.value().hash(), Optional.of(owner.tenant()));
    }

    private Identity tenantOf(JwtVerifier.Token token) {
        TenantState state = directory.snapshot().tenants().get(token.tenant());
        if (state == null) {
            throw Credentials.refused();
        }
        return identity(
                state.tenant().value(),
                "jwt",
                serverKey.textHash(token.tenant(), token.issuer() + "\0" + token.subject()),
                token.scopes(),
                Limits.NONE,
                List.of());
    }

    private Identity identity(
            Tenant tenant, String key, String principal, Set<Scope> scopes, Limits limits, List<String> policies) {
        if (tenant.status() != Tenant.Status.ACTIVE) {
            throw Credentials.refused();
        }
        String salt = serverKey.cacheSalt(tenant.id(), tenant.cacheSaltEpoch());
        return new Identity(
                new Caller(tenant.id(), key, principal, salt),
                Optional.of(tenant),
                scopes,
                tenant.limits(),
                limits,
                policies);
    }

    private static Identity operator(String key) {
        return new Identity(
                new Caller(Identity.OPERATOR, key, "", ""),
                Optional.empty(),
                Set.of(Scope.ADMIN),
                Limits.NONE,
                Limits.NONE,
                List.of());
    }
}
