package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Start and end of the packaged server's process. */
class ProcessIT {
    /** What a process that was ended by SIGTERM may exit with. */
    private static final Integer[] TERMINATED = {0, 143};

    private static final String ENDLESS =
            "{\"model\":\"herd-tiny\",\"stream\":true,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":";

    @Test
    void runningAnswerIsFinishedAfterSigterm() {
        try (HerdProcess herd = HerdProcess.startReady(slow("100s"))) {
            Iterator<String> lines = begin(herd, ENDLESS + "1000}");

            herd.terminate();
            awaitNotReady(herd);
            HttpResponse<String> late = herd.chat(ENDLESS + "1}");
            String last = last(lines);

            assertThat(late.statusCode()).isEqualTo(503);
            assertThat(late.headers().firstValue("Retry-After")).isPresent();
            assertThat(late.body()).contains("\"code\":\"shutting_down\"");
            assertThat(last).isEqualTo("data: [DONE]");
            assertThat(herd.awaitExit()).isIn((Object[]) TERMINATED);
        }
    }

    @Test
    void answerBeyondTheGracePeriodIsCutWithAnError() {
        try (HerdProcess herd = HerdProcess.startReady(slow("100ms"))) {
            Iterator<String> lines = begin(herd, ENDLESS + "8000}");

            herd.terminate();
            String last = last(lines);

            assertThat(last).startsWith("data: {\"error\":{").contains("\"code\":\"shutting_down\"");
            assertThat(herd.awaitExit()).isIn((Object[]) TERMINATED);
            assertThat(herd.log()).contains("grace period is over");
        }
    }

    @Test
    void idleServerEndsAtOnce() {
        // The variable is the launcher's, not a setting; it must not be taken for one.
        try (HerdProcess herd = HerdProcess.startReady(Map.of("HERD_JAVA_OPTS", "-Xmx1g"))) {
            assertThat(herd.log()).contains("herd-tiny").contains("loaded in").contains("listening on http://0.0.0.0:");

            herd.terminate();

            assertThat(herd.awaitExit()).isIn((Object[]) TERMINATED);
        }
    }

    /** Scripts that ask the system for a port read in the log which one it is. */
    @Test
    void portThatTheSystemChoosesIsAnnounced() {
        try (HerdProcess herd = HerdProcess.start(Map.of("PORT", "0"))) {
            Matcher announced = herd.awaitLog(Pattern.compile("listening on http://0\\.0\\.0\\.0:([0-9]+)"));

            assertThat(herd.get("http://localhost:" + announced.group(1) + "/q/health/live")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void modelThatCannotBeOpenedEndsTheProcessWithASentence() {
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_MODEL", "no/such/model.gguf"))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log()).contains("no/such/model.gguf").doesNotContain("Exception", "\tat ");
        }
    }

    @Test
    void policyThatCannotBeEnforcedEndsTheProcessWithItsField(@TempDir Path directory) throws IOException {
        Path policy = Files.writeString(directory.resolve("policy.json"), "{\"wrods\":[]}");
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_SAFETY_POLICY", policy.toString()))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log())
                    .contains("herd.safety: the policy cannot be enforced: ", "wrods")
                    .doesNotContain("Exception", "\tat ");
        }
    }

    @Test
    void settingThatIsOutOfRangeEndsTheProcessWithItsName() {
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_MAX_RUNNING", "0"))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log()).contains("herd.max-running").doesNotContain("\tat ");
        }
    }

    /** Slow enough that an answer is under way for some seconds. */
    private static Map<String, String> slow(String gracePeriod) {
        return Map.of("HERD_GRACE_PERIOD", gracePeriod, "HERD_KERNELS", "scalar", "HERD_THREADS", "1");
    }

    private static Iterator<String> begin(HerdProcess herd, String body) {
        HttpResponse<Stream<String>> answer = herd.chatLines(body);
        assertThat(answer.statusCode()).isEqualTo(200);
        Iterator<String> lines = answer.body().iterator();
        assertThat(lines.next()).contains("\"role\":\"assistant\"");
        return lines;
    }

    private static String last(Iterator<String> lines) {
        String last = "";
        while (lines.hasNext()) {
            String line = lines.next();
            last = line.isEmpty() ? last : line;
        }
        return last;
    }

    private static void awaitNotReady(HerdProcess herd) {
        for (int glances = 0; glances < 1000; glances++) {
            if (herd.statusOrZero("/q/health/ready") == 503) {
                return;
            }
            LockSupport.parkNanos(5_000_000);
        }
        throw new AssertionError("the server stays ready after SIGTERM");
    }
}
