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

    @Override
    void putIn(String tenant, long seq, String line) throws Exception {
        try (Stream<Path> files = Files.list(root.resolve("audit").resolve(tenant))) {
            Path day = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
            List<String> lines = new java.util.ArrayList<>(Files.readAllLines(day));
            lines.add(2, line);
            Files.write(day, lines);
        }
    }

    @Test
    void dayThatACrashKeptFromBeingDeletedIsNoBreak() throws Exception {
        try (DocumentStore store = open()) {
            append(store, 0, 3);
            Path first = day(0);
            byte[] text = Files.readAllBytes(first);
            clock.advance(java.time.Duration.ofDays(1));
            append(store, 3, 5);
            store.auditLog().prune("a", java.time.LocalDate.ofInstant(clock.instant(), java.time.ZoneOffset.UTC));

            Files.write(first, text);

            assertThat(store.auditLog().verify("a").isWhole()).isTrue();
            assertThat(store.auditLog().verify("a").records()).isEqualTo(2);
            Files.writeString(first, Files.readString(first).replace("\"n\":1", "\"n\":7"));
            assertThat(store.auditLog().verify("a").brokenAt()).isEqualTo(2);
        }
    }

    @Test
    void bytesThatAreNoTextBreakTheChainAndNotTheLog() throws Exception {
        try (DocumentStore store = open()) {
            append(store, 0, 3);
            byte[] bytes = Files.readAllBytes(day(0));
            bytes[new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("\"n\":1") + 1] = (byte) 0xff;
            Files.write(day(0), bytes);

            assertThat(store.auditLog().verify("a").brokenAt()).isEqualTo(2);
        }
    }

    @Test
    void characterThatWasCutInTwoIsNoRecord() throws Exception {
        try (DocumentStore store = open()) {
            append(store, 0, 2);
            Files.write(day(0), new byte[] {'{', '"', (byte) 0xe2, (byte) 0x82}, StandardOpenOption.APPEND);

            assertThat(store.auditLog().verify("a").records()).isEqualTo(2);
            assertThat(store.auditLog().verify("a").isWhole()).isTrue();
        }
    }

    private Path day(int index) throws Exception {
        try (Stream<Path> files = Files.list(root.resolve("audit/a"))) {
            return files.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .toList()
                    .get(index);
        }
    }

    private static void append(DocumentStore store, int from, int to) {
        for (int n = from; n < to; n++) {
            store.auditLog()
                    .append("a", List.of(Documents.JSON.createObjectNode().put("n", n)));
        }
    }

    @Test
    void fileThatCannotBeReadHidesNoOther() throws Exception {
        try (DocumentStore store = open()) {
            Files.createDirectories(root.resolve("tenants/a"));
            Files.write(root.resolve("tenants/a/tenant.json"), new byte[] {(byte) 0xc3, '('});
            Files.writeString(root.resolve("tenants/a/bindings.json"), "{}");

            assertThat(store.changes())
                    .containsEntry("tenants/a/bindings.json", java.util.Optional.of("{}"))
                    .containsEntry("tenants/a/tenant.json", java.util.Optional.of(""));
            assertThat(store.changes()).isEmpty();
        }
    }

    @Test
    void secretIsMadeOnceAndAsAWhole() throws Exception {
        Path secret = root.resolve("secret");
        DurableFiles.createSecret(secret, "one");

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> DurableFiles.createSecret(secret, "two"))
                .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);

        assertThat(Files.readString(secret)).isEqualTo("one");
        try (Stream<Path> files = Files.list(root)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .doesNotContain("two")
                    .noneMatch(name -> name.startsWith(DurableFiles.TEMPORARY));
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
