package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import dev.herd.engine.EngineStatus;
import dev.herd.engine.FinishReason;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens while answers are on their way: load, silence, failures, clients that leave. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class FlowWireTest {
    private static final String MESSAGES =
            "\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    @Inject
    ScriptedOpener model;

    @Inject
    HeldRandom random;

    @Inject
    LateListener lateListener;

    private final List<Client> clients = new ArrayList<>();

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
        awaitStatus(status -> status.running() + status.waiting() == 0);
    }

    @AfterEach
    void leave() throws IOException {
        model.runner().release();
        random.release();
        for (Client client : clients) {
            client.close();
        }
    }

    @Test
    void fullQueueAnswers429() throws Exception {
        model.runner().hold();
        int places = WireTestProfile.MAX_RUNNING + WireTestProfile.MAX_QUEUED;
        for (int i = 0; i < places; i++) {
            send("{" + MESSAGES + ",\"stream\":" + (i % 2 == 0) + "}");
        }
        awaitStatus(status -> status.running() + status.waiting() == places);

        given().contentType(ContentType.JSON)
                .body("{" + MESSAGES + "}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(429)
                .header("Retry-After", matchesPattern("[1-9]\\d*"))
                .body("error.type", equalTo("rate_limit_error"))
                .body("error.code", equalTo("rate_limit_exceeded"));

        model.runner().release();
        for (Client client : clients) {
            assertThat(client.readStatus()).isEqualTo(200);
        }
    }

    @Test
    void choicesThatDoNotFitTheQueueAreWithdrawnTogether() throws Exception {
        model.runner().hold();
        send("{" + MESSAGES + "}");
        send("{" + MESSAGES + "}");
        awaitStatus(status -> status.running() + status.waiting() == 2);

        given().contentType(ContentType.JSON)
                .body("{" + MESSAGES + ",\"n\":3}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(429);

        model.runner().release();
        awaitStatus(status -> status.running() + status.waiting() == 0);
    }

    @Test
    void silentStreamBeatsAndThenAnswers() throws Exception {
        model.runner().hold();
        Client client = send("{" + MESSAGES + ",\"stream\":true}");

        assertThat(client.readStatus()).isEqualTo(200);
        assertThat(client.readLineStarting(":")).isEqualTo(": ping");

        model.runner().release();
        assertThat(client.readLineStarting("data: {")).contains("\"role\":\"assistant\"");
        assertThat(client.readLineStarting("data: [")).isEqualTo("data: [DONE]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void clientThatLeavesFreesItsPlace(String stream) throws Exception {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        model.runner().hold();
        Client client = send("{" + MESSAGES + ",\"stream\":" + stream + "}");
        awaitStatus(status -> status.running() == 1);
        long cancelled = cancelled();
        long recorded = recorded("cancelled");

        model.runner().allow(5);
        client.close();

        stepUntil(status -> status.running() == 0);
        assertThat(model.model().engine().status().usedBlocks()).isZero();
        assertThat(cancelled()).isEqualTo(cancelled + 1);
        awaitRecorded("cancelled", recorded + 1);
    }

    /** The framework does so itself when a thread of its own comes late. */
    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void clientThatLeavesIsNoticedWhoeverElseListens(String stream) throws Exception {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        model.runner().hold();
        Client client = send("{" + MESSAGES + ",\"stream\":" + stream + "}", LateListener.HEADER + ": yes\r\n");
        awaitStatus(status -> status.running() == 1);
        lateListener.await();

        client.close();

        stepUntil(status -> status.running() == 0);
    }

    /** The framework neither subscribes to its answer nor writes it. */
    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void clientThatIsGoneBeforeItIsQueuedFreesItsPlace(String stream) throws Exception {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        model.runner().hold();
        long cancelled = cancelled();
        long recorded = recorded("cancelled");
        random.hold();
        Client client = send("{" + MESSAGES + ",\"stream\":" + stream + "}");
        random.awaitCaller();

        client.close();
        Thread.sleep(300); // for the server to notice
        random.release();

        stepUntil(status -> status.finished().getOrDefault(FinishReason.CANCELLED, 0L) > cancelled);
        assertThat(model.model().engine().status().running()).isZero();
        awaitRecorded("cancelled", recorded + 1);
    }

    @Test
    void clientThatLeavesTheQueueFreesItsPlace() throws Exception {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        model.runner().hold();
        for (int i = 0; i < WireTestProfile.MAX_RUNNING; i++) {
            send("{" + MESSAGES + "}");
        }
        stepUntil(status -> status.running() == WireTestProfile.MAX_RUNNING);
        Client client = send("{" + MESSAGES + "}");
        awaitStatus(status -> status.waiting() == 1);
        long cancelled = cancelled();

        client.close();

        stepUntil(status -> status.waiting() == 0);
        assertThat(model.model().engine().status().running()).isEqualTo(WireTestProfile.MAX_RUNNING);
        assertThat(cancelled()).isEqualTo(cancelled + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void failureBeforeTheFirstTokenIsAnOrdinaryError(String stream) {
        model.runner().failNext(new IllegalStateException("tensor 17 is on fire"));

        String body = ErrorWireTest.envelope(
                        given().contentType(ContentType.JSON)
                                .body("{" + MESSAGES + ",\"stream\":" + stream + "}")
                                .post("/v1/chat/completions")
                                .then(),
                        500)
                .extract()
                .asString();

        assertThat(body).doesNotContain("tensor", "IllegalState", "fire");
    }

    @Test
    void failureWithinAStreamIsAnEventAndTheLast() throws Exception {
        model.runner().hold();
        Client client = send("{" + MESSAGES + ",\"stream\":true}");
        model.runner().allow(2);
        assertThat(client.readStatus()).isEqualTo(200);
        assertThat(client.readLineStarting("data: {")).contains("\"role\":\"assistant\"");
        assertThat(client.readLineStarting("data: {")).contains("\"content\":");

        model.runner().failNext(new IllegalStateException("tensor 17 is on fire"));
        model.runner().release();

        String rest = client.readToEnd();
        assertThat(rest)
                .contains("data: {\"error\":{\"message\":\"The server had an error while processing the request.\","
                        + "\"type\":\"server_error\",\"param\":null,\"code\":null}}")
                .doesNotContain("[DONE]", "fire");
    }

    /** Megabytes that nobody reads, more than sockets hold, so that the server must wait with them. */
    @Test
    void slowReaderLosesNothingAndHoldsUpNobody() throws Exception {
        int token = model.model().tokenizer().encode("x")[0];
        model.runner().say(token);
        int count = 3000;
        Client client = send("{" + MESSAGES + ",\"stream\":true,\"logprobs\":true,\"top_logprobs\":20,\"max_tokens\":"
                + count + "}");
        awaitStatus(status -> status.running() == 0 && status.waiting() == 0);

        given().contentType(ContentType.JSON)
                .body("{" + MESSAGES + ",\"max_tokens\":5}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .body("choices[0].message.content", equalTo("xxxxx"));
        assertThat(client.readStatus()).isEqualTo(200);
        String stream = client.readToEnd();

        assertThat(stream.length()).isGreaterThan(3_500_000);
        assertThat(stream.split("\"content\":\"x\"", -1)).hasSize(count + 1);
        assertThat(stream).contains("\"finish_reason\":\"length\"").contains("data: [DONE]");
    }

    /** The rest of a computed answer waits for a reader who will not come back; it is counted when that is known. */
    @Test
    void answerOfASlowReaderWhoResetsItsStreamIsCounted() throws Exception {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        long recorded = recorded("length");
        try (SlowReader reader = new SlowReader(
                "{" + MESSAGES + ",\"stream\":true,\"logprobs\":true,\"top_logprobs\":20,\"max_tokens\":3000}")) {
            awaitStatus(status -> status.running() == 0 && status.waiting() == 0);
            LockSupport.parkNanos(300_000_000);
            assertThat(recorded("length")).as("the end waits behind the rest").isEqualTo(recorded);

            reader.reset();

            awaitRecorded("length", recorded + 1);
        }
    }

    private Client send(String body) throws IOException {
        return send(body, "");
    }

    private Client send(String body, String headers) throws IOException {
        Client client = new Client(body, headers);
        clients.add(client);
        return client;
    }

    private long cancelled() {
        return model.model().engine().status().finished().getOrDefault(FinishReason.CANCELLED, 0L);
    }

    private static long recorded(String reason) {
        String name = "herd_request_duration_seconds_count{finish_reason=\"" + reason + "\"} ";
        return given().get("/q/metrics")
                .asString()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    private static void awaitRecorded(String reason, long count) {
        for (int glances = 0; glances < 500 && recorded(reason) < count; glances++) {
            LockSupport.parkNanos(10_000_000);
        }
        assertThat(recorded(reason)).isEqualTo(count);
    }

    /** Far fewer steps than an answer without end would take. */
    private void stepUntil(Predicate<EngineStatus> condition) {
        for (int steps = 0;
                steps < 1000 && !condition.test(model.model().engine().status());
                steps++) {
            model.runner().allow(1);
            LockSupport.parkNanos(10_000_000);
        }
        assertThat(model.model().engine().status()).matches(condition, "has come to the state that was waited for");
    }

    private void awaitStatus(Predicate<EngineStatus> condition) {
        EngineStatus status = model.model().engine().status();
        for (int glances = 0; glances < 6000 && !condition.test(status); glances++) {
            LockSupport.parkNanos(5_000_000);
            status = model.model().engine().status();
        }
        assertThat(status).matches(condition, "has come to the state that was waited for");
    }

    /** A connection with one request on it. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Client(String body, String headers) throws IOException {
            socket = new Socket();
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress("localhost", RestAssured.port));
            socket.setSoTimeout(30_000);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n" + headers + "\r\n";
            socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
        }

        int readStatus() throws IOException {
            return Integer.parseInt(readLineStarting("HTTP/1.1 ").substring(9, 12));
        }

        String readLineStarting(String start) throws IOException {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(start)) {
                    return line;
                }
            }
            throw new IOException("the answer ended before a line that starts with " + start);
        }

        String readToEnd() throws IOException {
            StringBuilder rest = new StringBuilder();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                rest.append(line).append('\n');
            }
            return rest.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
