package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest extends StoreContract {
    @TempDir
    Path root;

    @Override
    DocumentStore open() {
        return FileStore.open(root, clock);
    }

    @Override
    void tamper(String tenant, long seq, String from, String to) throws Exception {
        try (Stream<Path> files = Files.list(root.resolve("audit").resolve(tenant))) {
            Path day = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
            List<String> lines = Files.readAllLines(day).stream()
                    .map(line -> line.startsWith("{\"seq\":" + seq + ",") ? line.replace(from, to) : line)
                    .toList();
            Files.write(day, lines);
        }
    }

    @Test
    void recordThatWasCutOffIsRemovedBeforeTheNext() throws Exception {
        try (DocumentStore store = open()) {
            store.auditLog()
                    .append("a", List.of(Documents.JSON.createObjectNode().put("n", 0)));
            Path day;
            try (Stream<Path> files = Files.list(root.resolve("audit/a"))) {
                day = files.filter(file -> file.toString().endsWith(".jsonl"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.writeString(day, "{\"seq\":2,\"n\":1,\"prevHa", StandardOpenOption.APPEND);
            assertThat(store.auditLog().verify("a").records()).isEqualTo(1);
            assertThat(store.auditLog().verify("a").isWhole()).isTrue();

            store.auditLog()
                    .append("a", List.of(Documents.JSON.createObjectNode().put("n", 1)));

            assertThat(store.auditLog().verify("a").isWhole()).isTrue();
            assertThat(Files.readAllLines(day)).hasSize(2);
        }
    }

    @Test
    void onlyTheOwnerMayLook() throws Exception {
        Path secret = root.resolve("deep/secret");
        DurableFiles.createSecret(secret, "x");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void unfinishedFilesAreNoDocuments() throws Exception {
        try (DocumentStore store = open()) {
            Files.writeString(root.resolve(".new-1.json"), "{");
            assertThat(store.changes()).isEmpty();
        }
    }
}
