package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher, as a user meets it, on the packaged application. */
final class LauncherIT {
    private static final Path ROOT = Files.exists(Path.of("herd"))
            ? Path.of("").toAbsolutePath()
            : Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void helpNeedsNeitherJdkNorBuild() throws Exception {
        Outcome outcome = run(ROOT.resolve("herd"), Map.of("HERD_JVM_DIR", "/nonexistent"), "--help");

        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).startsWith("Usage: herd COMMAND");
        for (String command : List.of("serve", "chat", "inspect", "logits", "bench", "test", "help")) {
            assertThat(outcome.out()).contains("\n  " + command + " ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "test"})
    void ownCommandsExplainThemselvesWithoutJdk(String command) throws Exception {
        Outcome outcome = run(ROOT.resolve("herd"), Map.of("HERD_JVM_DIR", "/nonexistent"), command, "--help");

        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).startsWith("Usage: herd " + command);
    }

    @Test
    void missingJdkIsExplained() throws Exception {
        Outcome outcome = run(ROOT.resolve("herd"), Map.of("HERD_JVM_DIR", "/nonexistent"), "inspect");

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("needs a JDK of version 25 or newer").contains("sdk install java 25-tem");
    }

    @ParameterizedTest
    @CsvSource({
        "fly, there is no command 'fly'",
        "serve --colour red, does not understand '--colour'",
        "serve model.gguf, does not understand 'model.gguf'",
        "serve --port, --port needs a value",
    })
    void misuseIsOneSentence(String arguments, String complaint) throws Exception {
        Outcome outcome = run(ROOT.resolve("herd"), Map.of(), arguments.split(" ", -1));

        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err()).startsWith("herd: ").contains(complaint).hasLineCount(1);
    }

    @Test
    void commandRunsThroughASymbolicLinkFromAFolderWithASpace() throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("a folder"));
        Path link = Files.createSymbolicLink(elsewhere.resolve("herd link"), ROOT.resolve("herd"));

        Outcome outcome = run(link, withJdk(), "inspect", "--json");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).contains("\"parameters\"");
    }

    @Test
    void statusOfACommandIsTheLaunchers() throws Exception {
        Outcome outcome = run(ROOT.resolve("herd"), withJdk(), "inspect", "no such model");

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .startsWith("herd inspect: ")
                .contains("no such model")
                .hasLineCount(1);
    }

    @Test
    void everyOptionThatServeExplainsReachesTheServer() throws Exception {
        Path jdk = jdk("25.0.3", "printf '%s\\n' \"$@\"");
        String help = run(ROOT.resolve("herd"), Map.of(), "serve", "--help").out();
        List<String> options = Pattern.compile("(?m)^  (--[a-z-]+) [A-Z]")
                .matcher(help)
                .results()
                .map(line -> line.group(1))
                .toList();

        assertThat(options).contains("--model", "--mmproj", "--port");
        for (String option : options) {
            Outcome outcome = run(
                    ROOT.resolve("herd"),
                    Map.of("JAVA_HOME", jdk.toString(), "HERD_NO_BUILD", "1"),
                    "serve",
                    option,
                    "42");

            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.out().lines())
                    .as(option)
                    .anyMatch(argument -> argument.startsWith("-D") && argument.endsWith(option.substring(2) + "=42"));
        }
    }

    @Test
    void tooOldJdkIsPassedOver() throws Exception {
        Path old = jdk("17.0.15", "exit 9");

        Outcome outcome = run(
                ROOT.resolve("herd"),
                Map.of("JAVA_HOME", old.toString(), "HERD_JVM_DIR", jdkParent(), "HERD_NO_BUILD", "1"),
                "inspect");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "vector", "scalar"})
    void forcedKernelsAreUsedOrTheCommandFails(String kernels) throws Exception {
        Outcome outcome = run(
                ROOT.resolve("herd"),
                withJdk(),
                "bench",
                "--kernels",
                kernels,
                "--prompt",
                "3",
                "--decode",
                "1",
                "--json");

        boolean mayBeAbsent = kernels.equals("native"); // where the build had no C compiler
        if (mayBeAbsent && outcome.status() != 0) {
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err())
                    .contains("kernels \"native\" cannot run: ")
                    .hasLineCount(1);
        } else {
            assertThat(outcome.status()).as(outcome.err()).isZero();
            assertThat(outcome.out()).contains("cpu, " + kernels + " kernels");
            assertThat(outcome.err().contains("jdk.incubator.vector")).isEqualTo(kernels.equals("vector"));
        }
    }

    @Test
    void vectorKernelsThatTheJvmWasNotStartedForAreAnErrorThatSaysWhatToDo() throws Exception {
        Path app = ROOT.resolve("src/target/quarkus-app");
        String classPath =
                app.resolve("app") + "/*:" + app.resolve("lib/main") + "/*:" + app.resolve("lib/boot") + "/*";
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");

        Outcome outcome = run(java, Map.of(), "-cp", classPath, "dev.herd.cli.Main", "bench", "--kernels", "vector");

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err())
                .contains("kernels \"vector\" cannot run: ")
                .contains("--add-modules jdk.incubator.vector")
                .doesNotContain("NoClassDefFoundError");
    }

    /** A JDK of this version whose every tool is this script. */
    private Path jdk(String version, String script) throws IOException {
        Path jdk = folder.resolve("jdk " + version);
        Files.createDirectories(jdk.resolve("bin"));
        for (String tool : List.of("java", "javac")) {
            Path file = Files.writeString(jdk.resolve("bin").resolve(tool), "#!/bin/sh\n" + script + "\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        return jdk;
    }

    private static Map<String, String> withJdk() {
        return Map.of("JAVA_HOME", System.getProperty("java.home"), "HERD_NO_BUILD", "1");
    }

    private static String jdkParent() {
        return String.valueOf(Path.of(System.getProperty("java.home")).getParent());
    }

    /** Runs the launcher with an environment of its own and of nothing else. */
    private Outcome run(Path launcher, Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", toolsWithoutJava());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ends by itself").isTrue();
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err, StandardCharsets.UTF_8));
    }

    /** The system's tools without any java, which would be found on PATH. */
    private String toolsWithoutJava() throws IOException {
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : List.of(
                "sh",
                "dirname",
                "readlink",
                "sed",
                "cat",
                "find",
                "grep",
                "head",
                "mkdir",
                "mktemp",
                "rmdir",
                "rm",
                "touch",
                "tr",
                "uname")) {
            Path link = tools.resolve(tool);
            for (String bin : List.of("/usr/bin", "/bin")) {
                if (!Files.exists(link) && Files.exists(Path.of(bin, tool))) {
                    Files.createSymbolicLink(link, Path.of(bin, tool));
                }
            }
        }
        return tools.toString();
    }

    private record Outcome(int status, String out, String err) {}
}
