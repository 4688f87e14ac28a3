package dev.herd.cli;

import static dev.herd.cli.FakeServer.delta;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ChatCommandTest {
    private static final String FIRST = """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

            """;
    private static final String LAST = """
            : ping

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"total_tokens":3}}

            data: [DONE]

            """;

    @Test
    void pipedLinesAreAnsweredByTheBuiltInModel() {
        String[] arguments = {"chat", "--max-tokens", "8", "--seed", "7", "--temperature", "1"};

        Herd herd = Herd.withInput("Hello\n\nAnd again\n", arguments);
        Herd repeated = Herd.withInput("Hello\n\nAnd again\n", arguments);

        assertThat(herd.err()).isEmpty();
        assertThat(herd.status()).isZero();
        assertThat(herd.out()).isNotBlank().endsWith("\n").isEqualTo(repeated.out());
        assertThat(herd.out().lines().count()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void temperatureIsHeeded() {
        Herd greedy = Herd.withInput("Hello\n", "chat", "--max-tokens", "16", "--temperature", "0");
        Herd greedyWithOtherSeed =
                Herd.withInput("Hello\n", "chat", "--max-tokens", "16", "--temperature", "0", "--seed", "2");
        Herd hot = Herd.withInput("Hello\n", "chat", "--max-tokens", "16", "--temperature", "2", "--seed", "2");

        assertThat(greedyWithOtherSeed.out()).isEqualTo(greedy.out());
        assertThat(hot.out()).isNotEqualTo(greedy.out());
    }

    @Test
    void conversationThatDoesNotFitIsOneSentence() {
        Herd herd = Herd.withInput("Hello ".repeat(50) + "\n", "chat", "--context", "32");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err()).contains("32").hasLineCount(1);
    }

    @Test
    void nothingToReadIsNothingToAnswer() {
        Herd herd = Herd.withInput("", "chat");

        assertThat(herd.status()).isZero();
        assertThat(herd.out()).isEmpty();
    }

    @Test
    void serversAnswerIsStreamedAndTheConversationKept() throws IOException {
        try (FakeServer server =
                new FakeServer(200, FIRST + delta("Gr\u00fc"), delta("\u00dfe ") + delta("\\u2713"), LAST)) {
            Herd herd = Herd.withInput(
                    "Hi \"you\"\nmore\n", "chat", "--url", server.url() + "/", "--system", "Be brief.", "--seed", "5");

            assertThat(herd.err()).isEmpty();
            assertThat(herd.out()).isEqualTo("Gr\u00fc\u00dfe \u2713\nGr\u00fc\u00dfe \u2713\n");
            assertThat(roles(server.requests().get(0))).isEqualTo(List.of("system", "user"));
            assertThat(roles(server.requests().get(1))).isEqualTo(List.of("system", "user", "assistant", "user"));
            JsonNode request = new ObjectMapper().readTree(server.requests().get(1));
            assertThat(request.path("model").textValue()).isEqualTo("fake");
            assertThat(request.path("stream").booleanValue()).isTrue();
            assertThat(request.path("seed").intValue()).isEqualTo(5);
            assertThat(request.has("temperature")).isFalse();
            assertThat(request.path("messages").path(1).path("content").textValue())
                    .isEqualTo("Hi \"you\"");
        }
    }

    @Test
    void pictureIsShownWithTheNextMessage() throws IOException {
        String file = Path.of("test/resources/media/lossy.webp").toString();
        try (FakeServer server = new FakeServer(200, FIRST + delta("ok") + LAST)) {
            Herd.withInput("/image " + file + "\nWhat?\nmore\n", "chat", "--url", server.url());

            JsonNode messages =
                    new ObjectMapper().readTree(server.requests().get(1)).path("messages");
            assertThat(messages.at("/0/content/0/image_url/url").textValue()).startsWith("data:image/webp;base64,");
            assertThat(messages.at("/0/content/1/text").textValue()).isEqualTo("What?");
            assertThat(messages.at("/2/content").textValue()).isEqualTo("more");
        }
        Herd local = Herd.withInput("/image " + file + "\nWhat?\n", "chat", "--max-tokens", "1", "--temperature", "0");
        assertThat(local.err()).isEmpty();
        assertThat(local.status()).isZero();
    }

    @Test
    void fileThatIsNoPictureIsOneSentence() throws IOException {
        try (FakeServer server = new FakeServer(200, FIRST + delta("ok") + LAST)) {
            Herd piped = Herd.withInput("/image no/such.png\nHi\n", "chat", "--url", server.url());
            Herd typed = Herd.on(Set.of("in", "out", "err"), "/image pom.xml\nHi\n", "chat", "--url", server.url());

            assertThat(piped.err()).contains("no/such.png: is no file");
            assertThat(typed.err()).contains("pom.xml: The file is markup (SVG, XML or HTML), not a picture;");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void resetForgetsAndExitEnds() throws IOException {
        try (FakeServer server = new FakeServer(200, FIRST + delta("ok") + LAST)) {
            Herd herd = Herd.withInput("a\n/reset\nb\n/exit\nc\n", "chat", "--url", server.url());

            assertThat(herd.out()).isEqualTo("ok\nok\n");
            assertThat(server.requests()).hasSize(2);
            assertThat(roles(server.requests().get(1))).isEqualTo(List.of("user"));
        }
    }

    @Test
    void terminalGetsPromptsAndSurvivesAFailure() throws IOException {
        try (FakeServer server = new FakeServer(429, "{\"error\":{\"message\":\"The queue is full.\"}}")) {
            Herd herd = Herd.on(Set.of("in", "out", "err"), "a\nb\n", "chat", "--url", server.url());

            assertThat(herd.status()).isZero();
            assertThat(herd.out()).contains("Talking to fake.").contains("> ");
            assertThat(herd.err()).contains("429: The queue is full.");
            assertThat(roles(server.requests().get(1))).isEqualTo(List.of("user"));
        }
    }

    @Test
    void progressLeavesTheAnswerOnTheScreen() {
        String[] arguments = {"chat", "--max-tokens", "8", "--temperature", "0"};

        String screen = Herd.screenAfter("Hello\n", arguments);
        Herd piped = Herd.withInput("Hello\n", arguments);

        assertThat(piped.out()).isNotBlank();
        assertThat(screen)
                .startsWith("Talking to ")
                .contains(piped.out())
                .doesNotContain("Loading")
                .doesNotContain("Reading");
    }

    @Test
    void refusalOfTheServerIsOneSentenceInAPipe() throws IOException {
        try (FakeServer server = new FakeServer(400, "{\"error\":{\"message\":\"Too long.\"}}")) {
            Herd herd = Herd.withInput("a\nb\n", "chat", "--url", server.url());

            assertThat(herd.status()).isEqualTo(1);
            assertThat(herd.err()).contains("400: Too long.").hasLineCount(1);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void failureInMidStreamIsOneSentence() throws IOException {
        String failure = "data: {\"error\":{\"message\":\"The engine ended.\"}}\n\n";
        try (FakeServer server = new FakeServer(200, FIRST + delta("half"), failure)) {
            Herd herd = Herd.withInput("a\n", "chat", "--url", server.url());

            assertThat(herd.status()).isEqualTo(1);
            assertThat(herd.out()).isEqualTo("half");
            assertThat(herd.err()).contains("The engine ended.").hasLineCount(1);
        }
    }

    @Test
    void serverThatIsNotThereIsOneSentence() {
        Herd herd = Herd.withInput("a\n", "chat", "--url", "http://127.0.0.1:1");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err())
                .contains("no server answers at http://127.0.0.1:1")
                .hasLineCount(1);
    }

    private static List<String> roles(String request) throws IOException {
        return new ObjectMapper().readTree(request).path("messages").findValuesAsText("role");
    }
}
