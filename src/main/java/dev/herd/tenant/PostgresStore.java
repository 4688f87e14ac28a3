package dev.herd.tenant;

import dev.herd.tenant.StoreException.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Documents as rows of a table, with the number of the change that made them: replicas ask for what is newer. */
final class PostgresStore implements DocumentStore {
    private final PostgresPool pool;
    private final AuditLog auditLog;
    private long seen;

    private PostgresStore(PostgresPool pool, InstantSource clock) {
        this.pool = pool;
        this.auditLog = new PostgresAuditLog(pool, clock);
    }

    /** The store in a database, whose tables are made if they are not there. */
    static PostgresStore open(PostgresSettings settings, InstantSource clock) {
        return new PostgresStore(PostgresPool.open(settings), clock);
    }

    @Override
    public Map<String, Optional<String>> changes() {
        return pool.inTransaction("the store cannot be read", connection -> {
            Map<String, Optional<String>> changes = new HashMap<>();
            long newest = seen;
            try (PreparedStatement select =
                    connection.prepareStatement("select path, body, revision from document where revision > ?")) {
                select.setLong(1, seen);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        changes.put(rows.getString(1), Optional.ofNullable(rows.getString(2)));
                        newest = Math.max(newest, rows.getLong(3));
                    }
                }
            }
            seen = newest;
            return changes;
        });
    }

    @Override
    public void write(String path, Expected expected, Optional<String> text) {
        pool.inTransaction(path + " cannot be written", connection -> {
            long revision = nextRevision(connection);
            if (!expected.isMetBy(body(connection, path).map(Documents::etag))) {
                throw new StoreException(Reason.STALE, path + " has changed meanwhile");
            }
            try (PreparedStatement upsert =
                    connection.prepareStatement("insert into document (path, body, revision) values (?, ?, ?)"
                            + " on conflict (path) do update set body = excluded.body, revision = excluded.revision")) {
                upsert.setString(1, path);
                upsert.setString(2, text.orElse(null));
                upsert.setLong(3, revision);
                return upsert.executeUpdate();
            }
        });
    }

    private static long nextRevision(Connection connection) throws SQLException {
        try (Statement update = connection.createStatement();
                ResultSet row = update.executeQuery("update revision set latest = latest + 1 returning latest")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static Optional<String> body(Connection connection, String path) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select body from document where path = ?")) {
            select.setString(1, path);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
            }
        }
    }

    @Override
    public AuditLog auditLog() {
        return auditLog;
    }

    @Override
    public String description() {
        return "PostgreSQL at " + pool;
    }

    @Override
    public void close() {
        pool.close();
    }
}
