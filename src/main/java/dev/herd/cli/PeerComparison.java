package dev.herd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Herd and llama.cpp on the same file, side by side: in each round both run in processes of their own, one right after
 * the other, and who goes first changes from round to round. What disturbs the machine then disturbs both.
 */
final class PeerComparison {
    private static final int FIRST_TOKEN_PROMPT = 16;
    /** The peer measures until this many seconds have passed; it never stops within a sample. */
    private static final String PEER_SECONDS = "10";

    private static final double BYTES_PER_MIB = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String launcher;
    private final Path folder;
    private final Path peer;
    private final Work work;

    /**
     * @param launcher the {@code herd} command
     * @param folder where the peer's driver was built
     * @throws CommandException if it was not
     */
    PeerComparison(String launcher, Path folder, Work work) {
        this.launcher = launcher;
        this.folder = folder.toAbsolutePath();
        this.peer = this.folder.resolve("peer");
        this.work = work;
        if (!Files.isExecutable(peer)) {
            throw new CommandException("there is no program \"peer\" in " + folder + "; its setup.sh builds it");
        }
    }

    /**
     * What both are to do.
     *
     * @param options further options for herd, such as the kernels
     */
    record Work(Path model, int prompt, int decode, int threads, int runs, List<String> options) {
        Work {
            options = List.copyOf(options);
        }
    }

    /** What a side did in one round; speeds in tokens per second, seconds, bytes. */
    record Sample(double prompt, double decode, double firstToken, double peakMemory, String backend) {}

    /** Runs the rounds. */
    PeerReport run(int rounds, Progress progress) {
        List<Sample> ours = new ArrayList<>();
        List<Sample> theirs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (int side = 0; side < 2; side++) {
                boolean isHerd = (round + side) % 2 == 0;
                progress.show("Round " + (round + 1) + " of " + rounds + ": " + (isHerd ? "herd" : "peer") + " ...");
                if (isHerd) {
                    ours.add(herd());
                } else {
                    theirs.add(peer());
                }
            }
        }
        return new PeerReport(work, ours, theirs);
    }

    private Sample herd() {
        JsonNode speed = output(herdCommand(work.prompt(), work.decode(), work.runs()));
        JsonNode start = output(herdCommand(FIRST_TOKEN_PROMPT, 1, 1));
        return new Sample(
                number(speed.path("promptTokensPerSecond"), "median"),
                number(speed.path("decodeTokensPerSecond"), "median"),
                number(start, "secondsFromProcessStartToFirstToken"),
                number(speed, "peakMemoryBytes"),
                speed.path("backend").asText());
    }

    private ProcessBuilder herdCommand(int prompt, int decode, int runs) {
        List<String> command = new ArrayList<>(List.of(launcher, "bench", "--json", "--random-tokens"));
        command.addAll(List.of("--model", work.model().toString(), "--threads", text(work.threads())));
        command.addAll(List.of("--prompt", text(prompt), "--decode", text(decode), "--runs", text(runs)));
        command.addAll(work.options());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HERD_NO_BUILD", "1");
        return builder;
    }

    private Sample peer() {
        ProcessBuilder builder = peerCommand(
                "bench",
                work.model().toString(),
                text(work.prompt()),
                text(work.decode()),
                text(work.threads()),
                text(work.runs()));
        builder.environment().putAll(Map.of("NOGATE", "1", "MAXS", PEER_SECONDS, "TGCHUNK", text(work.decode())));
        JsonNode speed = output(builder);
        JsonNode start =
                output(peerCommand("ttft", work.model().toString(), text(FIRST_TOKEN_PROMPT), text(work.threads())));
        return new Sample(
                number(speed, "pp_tps_all"),
                number(speed, "tg_tps_all"),
                number(start, "start_to_first_token_s"),
                number(speed, "peak_rss_mib") * BYTES_PER_MIB,
                speed.path("engine").asText());
    }

    private ProcessBuilder peerCommand(String... arguments) {
        List<String> command = new ArrayList<>(List.of(peer.toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(folder.toFile());
    }

    private static JsonNode output(ProcessBuilder builder) {
        String program = Path.of(builder.command().getFirst()).getFileName().toString();
        try {
            Path errors = Files.createTempFile("herd-bench", ".err");
            try {
                Process process = builder.redirectError(errors.toFile()).start();
                process.getOutputStream().close();
                String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int status = process.waitFor();
                if (status != 0) {
                    throw new CommandException(program + " ended with status " + status + lastLine(errors));
                }
                return JSON.readTree(out);
            } finally {
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new CommandException("cannot run " + program + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        }
    }

    private static String lastLine(Path errors) throws IOException {
        Optional<String> last =
                Files.readString(errors).lines().filter(line -> !line.isBlank()).reduce((_, line) -> line);
        return last.map(line -> ": " + line).orElse("");
    }

    private static double number(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isNumber()) {
            throw new CommandException("the output of a measured program has no number \"" + field + "\"");
        }
        return value.doubleValue();
    }

    private static String text(int value) {
        return Integer.toString(value);
    }
}
