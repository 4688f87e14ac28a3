package dev.herd.tenant;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How tenants are kept.
 *
 * @param directory of the files, if they are kept in files; in any case of what the first start makes: the server's key and
 *     the operator's
 * @param postgres the database, if they are kept in one
 * @param serverKey the server's key as configured; without it the directory has it
 * @param adminKey the operator's key as configured; without it the store has it
 * @param environment stands in new keys
 * @param poll how often the store is asked for changes that others have made
 * @param allowedShare share of the decisions in which nothing was found that is recorded, 0 to 1
 */
public record TenancySettings(
        Path directory,
        Optional<PostgresSettings> postgres,
        Optional<String> serverKey,
        Optional<String> adminKey,
        String environment,
        Duration poll,
        double allowedShare,
        Optional<JwtSettings> jwt) {
    /** Characters that a configured operator's key has at least. */
    static final int MIN_ADMIN_KEY = 32;

    public TenancySettings {
        if (adminKey.isPresent() && adminKey.get().length() < MIN_ADMIN_KEY) {
            throw new IllegalArgumentException(
                    "herd.tenants.admin-key has fewer than " + MIN_ADMIN_KEY + " characters");
        }
        if (!environment.matches("[a-z0-9]{1,16}")) {
            throw new IllegalArgumentException(
                    "herd.tenants.environment must be 1 to 16 lower-case letters and digits, not '" + environment
                            + "'");
        }
    }
}
