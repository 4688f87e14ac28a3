package dev.herd.tenant;

import java.util.Optional;

/**
 * Where a database is.
 *
 * @param url for JDBC, for example {@code jdbc:postgresql://host/herd}
 * @param poolSize connections at most
 * @param migrates whether tables are made and brought up to date at the start
 */
public record PostgresSettings(
        String url, Optional<String> user, Optional<String> password, int poolSize, boolean migrates) {
    /** Without the password. */
    @Override
    public String toString() {
        return url.replaceFirst("\\?.*", "");
    }
}
