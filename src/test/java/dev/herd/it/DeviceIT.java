package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packaged server's process and its device. */
class DeviceIT {
    @Test
    void aLostDeviceEndsAnswersWithAnErrorAndTheProcess() {
        try (HerdProcess herd = HerdProcess.startWithTestDevices(Map.of("HERD_BACKEND", LosableProvider.NAME))) {
            herd.awaitReady();
            assertThat(herd.log()).contains("script on a device of paper");

            HttpResponse<Stream<String>> answer = herd.chatLines("{\"model\":\"herd-tiny\",\"stream\":true,"
                    + "\"ignore_eos\":true,\"max_tokens\":4000,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
            List<String> lines = answer.body().filter(line -> !line.isEmpty()).toList();

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(lines).hasSizeGreaterThan(100);
            assertThat(lines.getFirst()).contains("\"role\":\"assistant\"");
            assertThat(lines.getLast())
                    .startsWith("data: {\"error\":{")
                    .contains("\"type\":\"server_error\"")
                    .doesNotContain("burns");
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log()).contains("the device failed: it burns", "the process ends");
        }
    }

    @Test
    void aBackendThatCannotRunEndsTheProcessWithASentence() {
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_BACKEND", "tornado"))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log())
                    .contains("backend \"tornado\" cannot run: ")
                    .doesNotContain("Exception", "\tat ", "loaded in");
        }
    }

    @Test
    void aBackendThatNobodyKnowsEndsTheProcessWithTheKnownOnes() {
        try (HerdProcess herd = HerdProcess.start(Map.of("HERD_BACKEND", "abacus"))) {
            assertThat(herd.awaitExit()).isEqualTo(1);
            assertThat(herd.log()).contains("there is no backend \"abacus\"; known: auto, cpu, tornado");
        }
    }
}
