package dev.herd.tenant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The audit log as rows of a table. Replicas take turns at each tenant's chain by a lock in the database. */
final class PostgresAuditLog implements AuditLog {
    private static final int FETCH_SIZE = 500;

    private final PostgresPool pool;
    private final InstantSource clock;

    PostgresAuditLog(PostgresPool pool, InstantSource clock) {
        this.pool = pool;
        this.clock = clock;
    }

    @Override
    public void append(String tenant, List<ObjectNode> records) {
        pool.inTransaction("the audit log of " + tenant + " cannot be written", connection -> {
            lock(connection, tenant);
            AuditChain chain = end(connection, tenant);
            LocalDate day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into audit (tenant, seq, day, line) values (?, ?, ?, ?)")) {
                for (ObjectNode record : records) {
                    String line = chain.line(record);
                    chain = chain.after(line);
                    insert.setString(1, tenant);
                    insert.setLong(2, chain.seq());
                    insert.setObject(3, day);
                    insert.setString(4, line);
                    insert.addBatch();
                }
                return insert.executeBatch();
            }
        });
    }

    private static void lock(Connection connection, String tenant) throws SQLException {
        try (PreparedStatement lock =
                connection.prepareStatement("select pg_advisory_xact_lock(hashtextextended(?, 0))")) {
            lock.setString(1, "herd-audit/" + tenant);
            lock.execute();
        }
    }

    private static AuditChain end(Connection connection, String tenant) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select line from audit where tenant = ? order by seq desc limit 1")) {
            select.setString(1, tenant);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? AuditChain.endingWith(row.getString(1)) : checkpoint(connection, tenant);
            }
        }
    }

    private static AuditChain checkpoint(Connection connection, String tenant) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select seq, hash from audit_checkpoint where tenant = ?")) {
            select.setString(1, tenant);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? new AuditChain(row.getLong(1), row.getString(2)) : AuditChain.START;
            }
        }
    }

    @Override
    public void read(String tenant, long after, LineReader reader) {
        pool.inTransaction("the audit log of " + tenant + " cannot be read", connection -> {
            read(connection, tenant, after, reader);
            return true;
        });
    }

    private static void read(Connection connection, String tenant, long after, LineReader reader) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select line from audit where tenant = ? and seq > ? order by seq")) {
            select.setFetchSize(FETCH_SIZE);
            select.setString(1, tenant);
            select.setLong(2, after);
            try (ResultSet rows = select.executeQuery()) {
                boolean isMoreWanted = true;
                while (isMoreWanted && rows.next()) {
                    isMoreWanted = reader.accept(rows.getString(1));
                }
            }
        }
    }

    @Override
    public AuditChain.Verdict verify(String tenant) {
        return pool.inTransaction("the audit log of " + tenant + " cannot be read", connection -> {
            try (Statement isolate = connection.createStatement()) {
                isolate.execute("set transaction isolation level repeatable read"); // days may be deleted meanwhile
            }
            AuditChain.Walk walk = new AuditChain.Walk(checkpoint(connection, tenant));
            read(connection, tenant, 0, walk);
            return walk.verdict();
        });
    }

    @Override
    public void prune(String tenant, LocalDate first) {
        pool.inTransaction("the audit log of " + tenant + " cannot be pruned", connection -> {
            lock(connection, tenant);
            try (PreparedStatement select = connection.prepareStatement(
                    "select line from audit where tenant = ? and day < ? order by seq desc limit 1")) {
                select.setString(1, tenant);
                select.setObject(2, first);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next()) {
                        forget(connection, tenant, AuditChain.endingWith(row.getString(1)));
                    }
                }
            }
            return true;
        });
    }

    private static void forget(Connection connection, String tenant, AuditChain last) throws SQLException {
        try (PreparedStatement upsert =
                connection.prepareStatement("insert into audit_checkpoint (tenant, seq, hash) values (?, ?, ?)"
                        + " on conflict (tenant) do update set seq = excluded.seq, hash = excluded.hash")) {
            upsert.setString(1, tenant);
            upsert.setLong(2, last.seq());
            upsert.setString(3, last.hash());
            upsert.executeUpdate();
        }
        try (PreparedStatement delete =
                connection.prepareStatement("delete from audit where tenant = ? and seq <= ?")) {
            delete.setString(1, tenant);
            delete.setLong(2, last.seq());
            delete.executeUpdate();
        }
    }

    @Override
    public List<String> tenants() {
        return pool.inTransaction("the audit log cannot be read", connection -> {
            List<String> tenants = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement("select distinct tenant from audit");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    tenants.add(rows.getString(1));
                }
            }
            return tenants;
        });
    }
}
