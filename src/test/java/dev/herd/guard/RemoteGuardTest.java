package dev.herd.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.sun.net.httpserver.HttpServer;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardSettings.CategoryMode;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guards on a server that says what the test wants. */
class RemoteGuardTest {
    private static final String KEY = "secret-key-of-the-guard";

    private HttpServer server;
    private volatile int status = 200;
    private volatile String answer = "{}";
    private volatile String authorization = "";
    private volatile JsonNode body = MissingNode.getInstance();

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            body = new ObjectMapper().readTree(exchange.getRequestBody());
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Location", "http://localhost:1/");
            if (status == 0) {
                return; // says nothing, ever
            }
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI url() {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/v1/x");
    }

    private ContentGuard moderation() {
        return new RemoteModerationGuard("far", "omni", url(), Optional.of(KEY));
    }

    private ContentGuard chat() {
        return new RemoteChatGuard("far", "lg4", url(), Optional.empty());
    }

    private static GuardQuery query(Duration timeout) {
        return new GuardQuery(
                Direction.OUTPUT,
                List.of(new GuardTurn(Speaker.USER, "private words"), new GuardTurn(Speaker.AGENT, "an answer")),
                GuardCategory.BUILT_IN,
                0.5,
                new GuardSettings("lg4-hf", CategoryMode.JOINT, 6, false),
                "",
                timeout);
    }

    private static GuardScores ask(ContentGuard guard) throws GuardException {
        return guard.assess(query(Duration.ofSeconds(20)));
    }

    @Test
    void aModerationEndpointIsAskedAboutTheLastTurnAndItsNamesAreTranslated() throws GuardException {
        answer = """
                {"results": [{"flagged": true, "categories": {"violence": true, "self-harm": false, "lg/S9": true, "odd": true},
                 "category_scores": {"violence": 0.8, "self-harm": 0.1, "lg/S9": 0.6, "odd": 0.9}}]}""";

        GuardScores scores = ask(moderation());

        assertThat(body.path("input").path(0).asText()).isEqualTo("an answer");
        assertThat(body.path("model").asText()).isEqualTo("omni");
        assertThat(authorization).isEqualTo("Bearer " + KEY);
        assertThat(scores.byCode())
                .containsEntry("S1", 0.8)
                .containsEntry("S9", 0.6)
                .containsEntry("S11", 0.1);
        assertThat(scores.unlisted()).containsExactly("odd");
        assertThat(scores.unsafe()).isEqualTo(0.8);
    }

    @Test
    void aChatEndpointIsSentThePromptAndItsLogProbabilitiesAreTheScore() throws GuardException {
        answer = """
                {"choices": [{"message": {"content": "\\n\\nunsafe\\nS2"}, "logprobs": {"content": [
                 {"token": "\\n\\n", "logprob": 0, "top_logprobs": []},
                 {"token": "unsafe", "logprob": -0.4, "top_logprobs": [{"token": "unsafe", "logprob": -0.4}, {"token": "safe", "logprob": -1.4}]}
                ]}}], "usage": {"total_tokens": 321}}""";

        GuardScores scores = ask(chat());

        assertThat(body.at("/messages/0/content").asText())
                .startsWith("Task: Check if there is unsafe content in 'Agent' messages")
                .contains("User: private words", "Agent: an answer", "ONLY THE LAST Agent message")
                .doesNotContain("<|");
        assertThat(body.path("temperature").asInt(1)).isZero();
        assertThat(authorization).isEqualTo("null");
        assertThat(scores.unsafe()).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-9));
        assertThat(scores.byCode()).containsOnlyKeys("S2");
        assertThat(scores.tokens()).isEqualTo(321);
    }

    @Test
    void withoutLogProbabilitiesTheVerdictCounts() throws GuardException {
        answer = "{\"choices\": [{\"message\": {\"content\": \"unsafe\\nS2\"}}]}";
        assertThat(ask(chat()).unsafe()).isEqualTo(1);

        answer = "{\"choices\": [{\"message\": {\"content\": \"safe\"}}]}";
        assertThat(ask(chat()).unsafe()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "200, UNPARSEABLE",
        "302, MISCONFIGURED",
        "400, MISCONFIGURED",
        "401, MISCONFIGURED",
        "403, MISCONFIGURED",
        "404, MISCONFIGURED",
        "408, TIMEOUT",
        "429, UNAVAILABLE",
        "500, UNAVAILABLE",
        "503, UNAVAILABLE",
        "504, TIMEOUT"
    })
    void statusesAreWhatTheyMeanAndNoSecretIsTold(int code, Status expected) {
        status = code;
        answer = code == 200 ? "no json " + KEY : "{\"error\": \"" + KEY + "\"}";

        for (ContentGuard guard : List.of(moderation(), chat())) {
            assertThatThrownBy(() -> ask(guard)).isInstanceOfSatisfying(GuardException.class, failure -> {
                assertThat(failure.status()).isEqualTo(expected);
                assertThat(failure.getMessage()).doesNotContain(KEY, "private words", "an answer");
            });
        }
    }

    @Test
    void silenceIsATimeoutAndNobodyThereIsUnavailable() {
        status = 0;
        assertThatThrownBy(() -> moderation().assess(query(Duration.ofMillis(200))))
                .isInstanceOfSatisfying(
                        GuardException.class,
                        failure -> assertThat(failure.status()).isEqualTo(Status.TIMEOUT));

        ContentGuard nobody =
                new RemoteModerationGuard("far", "m", URI.create("http://localhost:1/"), Optional.empty());
        assertThatThrownBy(() -> ask(nobody))
                .isInstanceOfSatisfying(
                        GuardException.class,
                        failure -> assertThat(failure.status()).isEqualTo(Status.UNAVAILABLE));
    }
}
