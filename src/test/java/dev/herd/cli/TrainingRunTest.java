package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher only goes without the cache if this fails, so nobody else would notice. */
final class TrainingRunTest {
    @Test
    void everyCommandRunsOnTheFile(@TempDir Path folder) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        Console console = new Console(new BufferedReader(Reader.nullReader()), stream, stream, Set.of());

        int status = TrainingRun.run(console, folder.resolve("model.gguf"));

        assertThat(out.toString(StandardCharsets.UTF_8)).contains("Usage: herd bench", "\"logProb\"", "cold start");
        assertThat(status).isZero();
    }
}
