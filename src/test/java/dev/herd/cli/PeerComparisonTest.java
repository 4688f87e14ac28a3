package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two programs are scripts here: what is tested is who is started when and with what, and the arithmetic. */
final class PeerComparisonTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void writePrograms() throws IOException {
        script("herd", """
                echo "herd $*" >>"$(dirname "$0")/calls"
                n=$(grep -c 'herd .*--prompt 64' "$(dirname "$0")/calls")
                echo '{"backend": "cpu, test", "promptTokensPerSecond": {"median": '$((n * 100))'},'
                echo '"decodeTokensPerSecond": {"median": 30}, "secondsFromProcessStartToFirstToken": 0.5,'
                echo '"peakMemoryBytes": 2097152}'
                """);
        script("peer", """
                echo "peer $* NOGATE=$NOGATE TGCHUNK=$TGCHUNK" >>calls
                if [ "$1" = ttft ]; then
                    echo '{"start_to_first_token_s": 0.25}'
                else
                    echo '{"engine": "peer, test", "pp_tps_all": 100, "tg_tps_all": 20, "peak_rss_mib": 4}'
                fi
                """);
    }

    private void script(String name, String body) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private PeerReport compare(int rounds) {
        PeerComparison.Work work = new PeerComparison.Work(
                folder.resolve("model.gguf"), 64, 8, 2, 3, List.of("--kv-type", "f16", "--kernels", "native"));
        Progress silent =
                new Progress(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false);
        return new PeerComparison(folder.resolve("herd").toString(), folder, work).run(rounds, silent);
    }

    @Test
    void bothTakeTurnsAndTheFirstChanges() throws IOException {
        compare(2);

        assertThat(Files.readAllLines(folder.resolve("calls")))
                .extracting(line -> line.split(" ", 2)[0])
                .containsExactly("herd", "herd", "peer", "peer", "peer", "peer", "herd", "herd");
    }

    @Test
    void bothGetTheSameWork() throws IOException {
        compare(1);

        String model = folder.resolve("model.gguf").toString();
        String herd = "herd bench --json --random-tokens --model " + model + " --threads 2 ";
        assertThat(Files.readAllLines(folder.resolve("calls")))
                .containsExactly(
                        herd + "--prompt 64 --decode 8 --runs 3 --kv-type f16 --kernels native",
                        herd + "--prompt 16 --decode 1 --runs 1 --kv-type f16 --kernels native",
                        "peer bench " + model + " 64 8 2 3 NOGATE=1 TGCHUNK=8",
                        "peer ttft " + model + " 16 2 NOGATE= TGCHUNK=");
    }

    @Test
    void ratiosAreFormedWithinARound() throws IOException {
        PeerReport report = compare(3);

        Herd written = written(report);
        assertThat(written.json().path("herd").path("backend").asText()).isEqualTo("cpu, test");
        assertThat(written.json()
                        .path("peer")
                        .path("decodeTokensPerSecond")
                        .path("median")
                        .asDouble())
                .isEqualTo(20);
        assertRatio(written, "promptTokensPerSecond", 1, 2, 3);
        assertRatio(written, "decodeTokensPerSecond", 1.5, 1.5, 1.5);
        assertRatio(written, "secondsFromProcessStartToFirstToken", 2, 2, 2);
        assertRatio(written, "peakMemoryMebibytes", 0.5, 0.5, 0.5);
    }

    private static void assertRatio(Herd written, String field, double min, double median, double max) {
        var ratio = written.json().path("ratios").path(field);
        assertThat(ratio.path("min").asDouble()).as(field).isCloseTo(min, within(1e-9));
        assertThat(ratio.path("median").asDouble()).as(field).isCloseTo(median, within(1e-9));
        assertThat(ratio.path("max").asDouble()).as(field).isCloseTo(max, within(1e-9));
    }

    private static Herd written(PeerReport report) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        report.writeJson(new Console(new BufferedReader(Reader.nullReader()), stream, stream, Set.of()));
        return new Herd(0, out.toString(StandardCharsets.UTF_8), "");
    }

    @Test
    void textHasARowForEachFigure() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);

        compare(3).writeText(new Console(new BufferedReader(Reader.nullReader()), stream, stream, Set.of()));

        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("prompt, tokens/s +200.0 \\(100.0 to 300.0\\) +100.0 .* 2.00 \\(1.00 to 3.00\\)")
                .containsPattern("peak memory, MiB +2 \\(2 to 2\\) +4 \\(4 to 4\\) +0.50");
    }

    @Test
    void failureOfAProgramIsOneSentenceWithItsLastLine() throws IOException {
        script("peer", "echo first >&2; echo load failed >&2; exit 2\n");

        assertThatThrownBy(() -> compare(1))
                .isInstanceOf(CommandException.class)
                .hasMessage("peer ended with status 2: load failed");
    }

    @Test
    void missingFigureIsNamed() throws IOException {
        script("peer", "echo '{}'\n");

        assertThatThrownBy(() -> compare(1)).hasMessageContaining("pp_tps_all");
    }

    @Test
    void folderWithoutTheProgramIsRefused() throws IOException {
        Files.delete(folder.resolve("peer"));

        assertThatThrownBy(() -> compare(1)).hasMessageContaining("no program \"peer\"");
    }

    @Test
    void comparisonNeedsAModel() {
        Herd herd = Herd.run("bench", "--peer", folder.toString());

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err()).contains("--model").hasLineCount(1);
    }
}
