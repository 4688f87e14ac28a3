package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process (SIGKILL) that changes policies, makes keys and writes audit records as fast as it can, several times, and
 * looks at what it has left: everything that it had been promised, and nothing half.
 */
class KillTest {
    private static final int KILLS = 3;
    private static final int CHANGES_BEFORE_A_KILL = 12;

    @TempDir
    Path root;

    @Test
    void filesKeepWhatWasPromised() throws Exception {
        kill(List.of("files", root.toString()), () -> FileStore.open(root, Clock.systemUTC()));
    }

    @Test
    void postgresKeepsWhatWasPromised() throws Exception {
        PostgresSettings settings = Database.fresh();
        kill(List.of("postgres", settings.url()), () -> PostgresStore.open(settings, Clock.systemUTC()));
    }

    private interface Opening {
        DocumentStore open();
    }

    private static void kill(List<String> arguments, Opening opening) throws Exception {
        int promised = 0;
        List<String> keys = new ArrayList<>();
        for (int round = 0; round < KILLS; round++) {
            for (String line : writeUntilKilled(arguments)) {
                String[] words = line.split(" ", -1);
                promised = Integer.parseInt(words[1]);
                keys.add(words[2]);
            }
            check(opening, promised, keys);
        }
        assertThat(promised).isGreaterThanOrEqualTo(KILLS * CHANGES_BEFORE_A_KILL);
    }

    private static List<String> writeUntilKilled(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                Writer.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> promises = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("promised ")) {
                    promises.add(line);
                }
                if (promises.size() == CHANGES_BEFORE_A_KILL) {
                    process.toHandle().destroyForcibly(); // not the process: that closes what it has said
                }
            }
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return promises;
    }

    private static String classPath() {
        return KillTest.class.getClassLoader() instanceof URLClassLoader loader
                ? Arrays.stream(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(File.pathSeparator))
                : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static void check(Opening opening, int promised, List<String> keys) {
        List<String> complaints = new ArrayList<>();
        try (DocumentStore store = opening.open()) {
            TenantDirectory directory = new TenantDirectory(store, complaints::add);
            directory.refresh();
            assertThat(complaints).isEmpty();
            TenantState tenant =
                    Objects.requireNonNull(directory.snapshot().tenants().get("a"));
            assertThat(tenant.keys().keySet()).containsAll(keys);
            TenantState.PolicyState policy =
                    Objects.requireNonNull(tenant.policies().get("p"));
            assertThat(policy.versions().lastKey()).isBetween(promised, promised + 1);
            assertThat(policy.versions()).hasSize(policy.versions().lastKey());
            AuditChain.Verdict verdict = store.auditLog().verify("a");
            assertThat(verdict.complaint()).isNull();
            List<String> lines = new ArrayList<>();
            store.auditLog().read("a", 0, lines::add);
            assertThat(lines.stream()
                            .filter(line -> line.contains("\"change\":\"publish policy\""))
                            .count())
                    .isGreaterThanOrEqualTo(promised);
            assertThat(lines.stream()
                            .filter(line -> line.contains("\"type\":\"decision\""))
                            .count())
                    .isGreaterThanOrEqualTo(promised);
        }
    }

    /** The process that is killed: says what it has done after it was done. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            DocumentStore store = arguments[0].equals("files")
                    ? FileStore.open(Path.of(arguments[1]), Clock.systemUTC())
                    : PostgresStore.open(
                            new PostgresSettings(arguments[1], Optional.empty(), Optional.empty(), 4, true),
                            Clock.systemUTC());
            TenantDirectory directory = new TenantDirectory(store, line -> {});
            directory.refresh();
            AdminStore admin = new AdminStore(store, directory, Clock.systemUTC());
            TenantAdmin tenants =
                    new TenantAdmin(admin, ServerKey.of(new byte[32]), "test", new SecureRandom(), Clock.systemUTC());
            PolicyAdmin policies = new PolicyAdmin(admin, policy -> {}, Clock.systemUTC());
            if (directory.snapshot().tenants().isEmpty()) {
                tenants.create(TestTenancy.OPERATOR, Tenant.of("a"));
            }
            while (true) {
                policies.writeDraft(
                        TestTenancy.OPERATOR,
                        "a",
                        "p",
                        new PolicyDraft(
                                "p" + System.nanoTime(),
                                Documents.tree(Map.of(
                                        "words",
                                        List.of(Map.of(
                                                "id", "w1",
                                                "terms", List.of("x".repeat(200), "term" + System.nanoTime()),
                                                "input", "block",
                                                "output", "block"))))),
                        new Expected.Anything());
                int n = policies.publish(TestTenancy.OPERATOR, "a", "p", new Expected.Anything())
                        .version()
                        .value()
                        .version();
                String key = tenants.createKey(
                                TestTenancy.OPERATOR,
                                "a",
                                new TenantAdmin.KeyRequest("k", Set.of(Scope.INFER), null, Limits.NONE, List.of()))
                        .key()
                        .value()
                        .id();
                try (AuditWriter writer =
                        new AuditWriter(store.auditLog(), directory, ServerKey.of(new byte[32]), 0, line -> {})) {
                    writer.record(AuditWriterTest.decision(n, dev.herd.safety.Action.BLOCK, "hash"));
                    writer.flush();
                }
                System.out.println("promised " + n + " " + key);
                System.out.flush();
            }
        }
    }
}
