package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs that a test runs and that must succeed. */
final class Commands {
    private Commands() {}

    /** Runs a command in {@code directory} and returns what it wrote. */
    static String run(Path directory, Map<String, String> environment, String... command) throws Exception {
        File output =
                Files.createTempFile(Path.of("target"), "command-", ".log").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        builder.environment().putAll(environment);
        Process process = start(builder, command[0]);
        boolean isOver = process.waitFor(5, TimeUnit.MINUTES);
        process.destroyForcibly();
        String written = Files.readString(output.toPath());
        assertThat(isOver)
                .as("%s ended in time; it wrote:%n%s", command[0], written)
                .isTrue();
        assertThat(process.exitValue()).as("%s wrote:%n%s", command[0], written).isZero();
        return written;
    }

    private static Process start(ProcessBuilder builder, String program) {
        try {
            return builder.start();
        } catch (IOException missing) {
            throw new AssertionError(
                    program + " cannot be run; install Node.js 20 or newer with npm (Debian: apt install nodejs npm),"
                            + " or skip this test knowingly with -DskipNode=true",
                    missing);
        }
    }
}
