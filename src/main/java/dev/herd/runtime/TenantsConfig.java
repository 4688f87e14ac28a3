package dev.herd.runtime;

import dev.herd.tenant.JwtSettings;
import dev.herd.tenant.PostgresSettings;
import dev.herd.tenant.TenancySettings;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The part of the configuration that concerns tenants. */
public interface TenantsConfig {
    /** Where tenants, keys, policies and the audit log are kept. */
    @WithDefault("none")
    Store store();

    /** Directory of the files, and of what the first start makes: the server's key and the operator's. */
    @WithDefault("herd-data")
    Path directory();

    /** Stands in new keys, so that people tell keys of different servers apart. */
    @WithDefault("live")
    String environment();

    /** 32 bytes in base64 from which all other secrets are derived. Default: the file server.key in the directory. */
    Optional<String> serverKey();

    /** Key for /admin/v1, at least 32 characters. Default: one is made at the first start, in the file admin.key. */
    Optional<String> adminKey();

    /** How often the store is asked for changes that others have made. */
    @WithDefault("2s")
    Duration poll();

    /** Whether everybody may read the metrics, or only the operator: they tell when anybody's requests come. */
    @WithDefault("false")
    boolean openMetrics();

    /** Share of the decisions in which nothing was found that the audit log has, 0 to 1. */
    @WithDefault("0.01")
    @DecimalMin("0")
    @DecimalMax("1")
    double auditAllowed();

    /** JDBC address of the database, such as jdbc:postgresql://host/herd. */
    Optional<String> postgresUrl();

    /** Who signs in to the database. */
    Optional<String> postgresUser();

    /** Password for the database. */
    Optional<String> postgresPassword();

    /** Connections to the database at most. */
    @WithDefault("4")
    @Min(2)
    int postgresPool();

    /** Whether tables are made and brought up to date at the start. */
    @WithDefault("true")
    boolean postgresMigrate();

    /** Issuers of JSON web tokens that are accepted. Default: none. */
    Optional<List<String>> jwtIssuers();

    /** Where the public keys of each issuer are, in the same order: addresses, or files with file: before. */
    Optional<List<URI>> jwtKeys();

    /** What tokens must be meant for. */
    @WithDefault("herd")
    String jwtAudience();

    /** Claim that names the tenant. */
    @WithDefault("tenant")
    String jwtTenantClaim();

    /** Claim that lists scopes, separated by spaces; a token without it may infer. */
    @WithDefault("scope")
    String jwtScopeClaim();

    /** Kinds of stores. */
    enum Store {
        /** There are no tenants: everybody may use the server. */
        NONE,
        /** Files in a directory. */
        FILES,
        /** Tables in a PostgreSQL database. */
        POSTGRES
    }

    /**
     * The same, put together.
     *
     * @throws IllegalArgumentException if the parts do not fit
     */
    default TenancySettings settings() {
        return new TenancySettings(
                directory(),
                store() == Store.POSTGRES ? Optional.of(postgres(this)) : Optional.empty(),
                serverKey(),
                adminKey(),
                environment(),
                poll(),
                auditAllowed(),
                jwtIssuers().map(issuers -> jwt(this, issuers)));
    }

    private static PostgresSettings postgres(TenantsConfig config) {
        String url = config.postgresUrl()
                .orElseThrow(() -> new IllegalArgumentException(
                        "herd.tenants.store is postgres, so herd.tenants.postgres-url must say where it is"));
        return new PostgresSettings(
                url, config.postgresUser(), config.postgresPassword(), config.postgresPool(), config.postgresMigrate());
    }

    private static JwtSettings jwt(TenantsConfig config, List<String> issuers) {
        List<URI> keys = config.jwtKeys().orElse(List.of());
        if (keys.size() != issuers.size()) {
            throw new IllegalArgumentException("herd.tenants.jwt-keys must name one address or file for each of the "
                    + issuers.size() + " issuers, not " + keys.size());
        }
        Map<String, URI> keysOf = new LinkedHashMap<>();
        for (int i = 0; i < issuers.size(); i++) {
            keysOf.put(issuers.get(i), keys.get(i));
        }
        return new JwtSettings(keysOf, config.jwtAudience(), config.jwtTenantClaim(), config.jwtScopeClaim());
    }
}
