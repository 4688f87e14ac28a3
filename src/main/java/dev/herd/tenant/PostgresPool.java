package dev.herd.tenant;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/** Connections to the database, with its tables as this version needs them. */
final class PostgresPool implements AutoCloseable {
    private static final List<String> MIGRATIONS = List.of("V1__documents_and_audit.sql");
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final AgroalDataSource connections;
    private final String description;

    private PostgresPool(AgroalDataSource connections, String description) {
        this.connections = connections;
        this.description = description;
    }

    static PostgresPool open(PostgresSettings settings) {
        AgroalDataSource connections;
        try {
            connections = AgroalDataSource.from(configuration(settings));
        } catch (SQLException unusable) {
            throw new StoreException(
                    "the database " + settings + " cannot be used: " + unusable.getMessage(), unusable);
        }
        try {
            if (settings.migrates()) {
                Flyway.configure(PostgresPool.class.getClassLoader())
                        .dataSource(connections)
                        .table("herd_schema")
                        .resourceProvider(new Migrations())
                        .load()
                        .migrate();
            }
            return new PostgresPool(connections, settings.toString());
        } catch (FlywayException unusable) {
            connections.close();
            throw new StoreException(
                    "the database " + settings + " cannot be prepared: "
                            + String.valueOf(unusable.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""),
                    unusable);
        }
    }

    private static AgroalDataSourceConfigurationSupplier configuration(PostgresSettings settings) {
        return new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(pool -> pool.maxSize(settings.poolSize())
                        .acquisitionTimeout(PATIENCE)
                        .validateOnBorrow(true)
                        .connectionFactoryConfiguration(factory -> {
                            factory.connectionProviderClass(driver()).jdbcUrl(settings.url());
                            settings.user().ifPresent(user -> factory.principal(new NamePrincipal(user)));
                            settings.password().ifPresent(password -> factory.credential(new SimplePassword(password)));
                            return factory;
                        }));
    }

    /** By name, as the driver's classes carry annotations that the compiler does not know. */
    private static Class<?> driver() {
        try {
            return Class.forName("org.postgresql.Driver");
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(missing);
        }
    }

    /** What is done with a connection. */
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Runs {@code work} in a transaction, which takes place as a whole or not at all. */
    <T> T inTransaction(String what, Work<T> work) {
        try (Connection connection = connections.getConnection()) {
            connection.setAutoCommit(false);
            try {
                T result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException failure) {
                connection.rollback();
                throw failure;
            }
        } catch (SQLException failure) {
            throw new StoreException(what + ": " + failure.getMessage(), failure);
        }
    }

    @Override
    public String toString() {
        return description;
    }

    @Override
    public void close() {
        connections.close();
    }

    /** Finds the migrations where the application's class loader has them; Flyway's own search knows ordinary jars only. */
    private static final class Migrations implements ResourceProvider {
        @Override
        public @Nullable LoadableResource getResource(String name) {
            return MIGRATIONS.contains(name) ? new Migration(name) : null;
        }

        @Override
        public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
            return MIGRATIONS.stream()
                    .filter(name -> name.startsWith(prefix) && List.of(suffixes).contains(".sql"))
                    .<LoadableResource>map(Migration::new)
                    .toList();
        }
    }

    private static final class Migration extends LoadableResource {
        private final String name;

        Migration(String name) {
            this.name = name;
        }

        @Override
        public Reader read() {
            InputStream text = Objects.requireNonNull(PostgresPool.class.getResourceAsStream("/db/herd/" + name), name);
            return new InputStreamReader(text, StandardCharsets.UTF_8);
        }

        @Override
        public String getAbsolutePath() {
            return "db/herd/" + name;
        }

        @Override
        public String getAbsolutePathOnDisk() {
            return getAbsolutePath();
        }

        @Override
        public String getFilename() {
            return name;
        }

        @Override
        public String getRelativePath() {
            return name;
        }
    }
}
