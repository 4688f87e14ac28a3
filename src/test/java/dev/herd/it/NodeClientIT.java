package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** OpenAI's own client for Node.js, the AI SDK, and the packaged server with the built-in model. */
class NodeClientIT {
    private static final Path SOURCE = Path.of("test/node");
    private static final Path WORK = Path.of("target/node-client");
    private static final Map<String, String> SERVERS = Map.of(
            "HERD_URL", HerdProcess.shared().url(),
            "HERD_NARROW_URL", HerdProcess.narrow().url());

    @Test
    @DisabledIfSystemProperty(named = "skipNode", matches = "true")
    void officialClientIsContent() throws Exception {
        install();

        String output = run(SERVERS, "node", "client.mjs");

        assertThat(output).endsWith("the client is content\n");
    }

    @Test
    @DisabledIfSystemProperty(named = "skipNode", matches = "true")
    void aiSdkIsContent() throws Exception {
        install();

        String output = run(SERVERS, "node", "ai-sdk.mjs");

        assertThat(output).endsWith("the AI SDK is content\n");
    }

    private static void install() throws Exception {
        Files.createDirectories(WORK);
        for (String file : new String[] {"package.json", "package-lock.json", ".npmrc", "client.mjs", "ai-sdk.mjs"}) {
            Files.copy(SOURCE.resolve(file), WORK.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        run(Map.of(), "npm", "ci", "--no-audit", "--no-fund");
    }

    private static String run(Map<String, String> environment, String... command) throws Exception {
        File output = Files.createTempFile(WORK, command[0], ".log").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(WORK.toFile())
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
