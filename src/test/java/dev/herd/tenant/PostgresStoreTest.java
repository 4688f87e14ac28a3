package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PostgresStoreTest extends StoreContract {
    private final PostgresSettings settings = Database.fresh();

    @Override
    DocumentStore open() {
        return PostgresStore.open(settings, clock);
    }

    @Override
    void tamper(String tenant, long seq, String from, String to) {
        Database.run(
                settings.url().replaceFirst(".*/(\\w+).*", "$1"),
                "update audit set line = replace(line, '" + from + "', '" + to + "') where tenant = '" + tenant
                        + "' and seq = " + seq);
    }

    @Override
    void putIn(String tenant, long seq, String line) {
        Database.run(
                settings.url().replaceFirst(".*/(\\w+).*", "$1"),
                "insert into audit (tenant, seq, day, line) values ('" + tenant + "', " + seq + ", '2026-01-01', '"
                        + line + "')");
    }

    @Test
    void databaseThatIsNotThereIsNamedWithoutItsPassword() {
        PostgresSettings nowhere = new PostgresSettings(
                "jdbc:postgresql://localhost:1/herd?password=secret",
                Optional.of("user"),
                Optional.of("secret"),
                2,
                true);

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> PostgresStore.open(nowhere, clock))
                .withMessageContaining("jdbc:postgresql://localhost:1/herd")
                .matches(failure -> !String.valueOf(failure.getMessage()).contains("secret"));
    }
}
