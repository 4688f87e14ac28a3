package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.engine.EngineStatus;
import dev.herd.engine.FinishReason;
import dev.herd.runtime.ScriptedOpener;
import dev.herd.safety.Action;
import dev.herd.safety.Direction;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers under judgement on a running engine: several choices, many streams, guards that take time, clients that leave. */
@QuarkusTest
@TestProfile(SafetyFlowProfile.class)
class SafetyFlowWireTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int STREAMS = 200;
    private static final int WORDS = 60;
    private static final String FOX = "{\"content\":{\"guard\":\"none\"},\"promptAttack\":{\"model\":\"none\"},"
            + "\"words\":[{\"id\":\"w\",\"terms\":[\"red fox\"],\"output\":\"block\"}]}";
    private static final String GUARDED = "{\"promptAttack\":{\"model\":\"none\"},\"failure\":{\"timeoutMs\":10000},"
            + "\"content\":{\"guard\":\"%s\",\"unspecified\":\"annotate\",\"defaults\":{\"input\":{\"action\":\"allow\"},"
            + "\"output\":{\"action\":\"%s\"}}},\"unicode\":{\"hiddenTags\":\"annotate\"},\"pii\":{\"output\":\"annotate\"},"
            + "\"stream\":{\"mode\":\"%s\",\"chunkTokens\":16}}";

    @Inject
    ScriptedOpener model;

    @Inject
    ScriptedSafety safety;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
        safety.permits().drainPermits();
        awaitStatus(status -> status.running() + status.waiting() == 0);
    }

    @AfterEach
    void leave() {
        safety.permits().release(1000);
        client.close();
    }

    /** What a client was told of a choice. */
    private record Told(String text, String reason) {}

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneOfTwoChoicesIsBlockedAndTheOtherComesComplete(boolean isStream) throws Exception {
        safety.enforce(FOX);
        model.sayNext("I saw a red fox and more");
        model.sayNext("I saw a blue fox and more");

        List<Told> choices = choices(post("\"n\":2,\"stream\":" + isStream).body(), isStream);

        assertThat(choices)
                .containsExactly(
                        new Told(isStream ? "I saw a " : "null", "content_filter"),
                        new Told("I saw a blue fox and more", "stop"));
        assertThat(safety.decisions()).hasSize(2);
        assertThat(safety.decisions().getLast().effective()).isEqualTo(Action.BLOCK);
        assertNothingIsHeld();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void guardBlocksOneOfTwoChoicesOnly(boolean isStream) throws Exception {
        safety.enforce(GUARDED.formatted("fake", "block", "window"));
        String long1 = words("calm") + " unsafe " + words("never");
        String long2 = words("calm") + " to the end";
        model.sayNext(long1);
        model.sayNext(long2);

        List<Told> choices = choices(post("\"n\":2,\"stream\":" + isStream).body(), isStream);

        assertThat(choices.get(1)).isEqualTo(new Told(long2, "stop"));
        assertThat(choices.get(0).reason()).isEqualTo("content_filter");
        assertThat(choices.get(0).text()).doesNotContain("unsafe", "never");
        assertNothingIsHeld();
    }

    @ParameterizedTest
    @CsvSource({"window, block", "async, annotate", "full, block"})
    void manyStreamsEndRightWhileTheGuardIsSlow(String mode, String action) throws Exception {
        safety.enforce(GUARDED.formatted("steady", action, mode));
        String good = words("calm");
        String bad = words("calm") + " unsafe " + words("late");
        List<CompletableFuture<HttpResponse<String>>> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            model.sayNext(i % 2 == 0 ? good : bad);
        }
        for (int i = 0; i < STREAMS; i++) {
            streams.add(client.sendAsync(request("\"stream\":true"), BodyHandlers.ofString()));
        }

        // The workers are not waiting for guards: others are served meanwhile.
        given().get("/v1/models").then().statusCode(200);
        int blocked = 0;
        for (CompletableFuture<HttpResponse<String>> stream : streams) {
            String body = stream.get().body();
            Told told = choices(body, true).get(0);
            assertThat(body).endsWith("data: [DONE]\n\n");
            boolean isBad = body.contains("\"code\":\"S1\"");
            blocked += isBad ? 1 : 0;
            if (mode.equals("async")) {
                assertThat(told).isEqualTo(new Told(isBad ? bad : good, "stop"));
            } else if (isBad) {
                assertThat(told.reason()).isEqualTo("content_filter");
                assertThat(bad).startsWith(told.text());
                assertThat(told.text()).doesNotContain("unsafe");
            } else {
                assertThat(told).isEqualTo(new Told(good, "stop"));
            }
        }
        assertThat(blocked).isEqualTo(STREAMS / 2);
        assertThat(safety.decisions()).hasSize(2 * STREAMS);
        assertNothingIsHeld();
    }

    @Test
    void generationPausesForTheGuardAndIsCancelledWhenItBlocks() throws Exception {
        safety.enforce(GUARDED.formatted("gated", "block", "window"));
        model.sayNext(words("calm") + " unsafe " + "and on ".repeat(1000));
        long before = model.model().engine().status().generatedTokens();
        long cancelled = cancelled();

        CompletableFuture<HttpResponse<String>> stream =
                client.sendAsync(request("\"stream\":true,\"max_tokens\":2000"), BodyHandlers.ofString());
        await(() -> safety.gatedQueries() == 1 && isStill());

        long ahead = model.model().engine().status().generatedTokens() - before;
        assertThat(ahead).isBetween(64L, 1999L); // four parts of 16, and what a model without weights says meanwhile
        assertThat(model.model().engine().status().running()).isEqualTo(1);
        // A paused generation keeps nobody else.
        safety.enforce(FOX);
        assertThat(choices(post("\"stream\":false").body(), false).get(0)).isEqualTo(new Told("Hello, world!", "stop"));

        safety.permits().release(1000);
        String body = stream.get().body();

        assertThat(body).contains("content_filter").endsWith("data: [DONE]\n\n").doesNotContain("unsafe");
        assertThat(cancelled()).isEqualTo(cancelled + 1);
        assertThat(model.model().engine().status().generatedTokens() - before).isLessThan(2000);
        assertNothingIsHeld();
    }

    @Test
    void clientThatLeavesWhileTextIsHeldGetsNothingAndHoldsNothing() throws Exception {
        safety.enforce(GUARDED.formatted("gated", "block", "window"));
        model.sayNext(words("secret") + "and on ".repeat(1000));
        HttpResponse<java.io.InputStream> stream =
                client.send(request("\"stream\":true,\"max_tokens\":2000"), BodyHandlers.ofInputStream());
        StringBuilder seen = new StringBuilder();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            await(() -> safety.gatedQueries() == 1 && isStill());
            while (!seen.toString().contains(": ping")) {
                seen.append(lines.readLine()).append('\n');
            }
        }
        client.shutdownNow();

        await(() -> safety.decisions().size() == 2);
        assertNothingIsHeld();
        assertThat(seen.toString()).doesNotContain("secret");
        assertThat(safety.decisions().getLast().direction()).isEqualTo(Direction.OUTPUT);
        assertThat(safety.decisions().getLast().text()).startsWith("secret0 secret1");
        safety.permits().release(1000);
        awaitStatus(status -> status.running() == 0);
        assertThat(safety.decisions()).hasSize(2);
    }

    /** The rest of a computed answer waits for a reader who will not come back. */
    @Test
    void whatWasDecidedIsRecordedAlsoIfASlowReaderResetsItsStream() throws Exception {
        safety.enforce(FOX.replace("\"output\":\"block\"", "\"output\":\"annotate\""));
        model.sayNext("I saw a red fox " + "and on ".repeat(1000));
        try (SlowReader reader = new SlowReader("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\","
                + "\"content\":\"Hi\"}],\"stream\":true,\"logprobs\":true,\"top_logprobs\":20,\"max_tokens\":1500}")) {
            awaitStatus(status -> status.running() + status.waiting() == 0);
            LockSupport.parkNanos(300_000_000);
            assertThat(safety.decisions()).as("the end waits behind the rest").hasSize(1);

            reader.reset();

            await(() -> safety.decisions().size() == 2);
            assertThat(safety.decisions().getLast().direction()).isEqualTo(Direction.OUTPUT);
            assertThat(safety.decisions().getLast().action()).isEqualTo(Action.ANNOTATE);
            assertNothingIsHeld();
        }
    }

    @Test
    void whatWasDecidedIsRecordedAlsoIfTheEngineFails() throws Exception {
        safety.enforce(FOX.replace("\"output\":\"block\"", "\"output\":\"annotate\""));
        model.sayNext("I saw a red fox " + "and on ".repeat(1000));
        model.runner().hold();
        CompletableFuture<HttpResponse<String>> stream =
                client.sendAsync(request("\"stream\":true,\"max_tokens\":2000"), BodyHandlers.ofString());
        awaitStatus(status -> status.running() == 1);
        model.runner().allow(40);
        await(this::isStill);

        model.runner().failNext(new IllegalStateException("as the test wants"));
        model.runner().release();

        assertThat(stream.get().body()).contains("red", "server_error").doesNotContain("[DONE]");
        await(() -> safety.decisions().size() == 2);
        assertThat(safety.decisions().getLast().direction()).isEqualTo(Direction.OUTPUT);
        assertThat(safety.decisions().getLast().action()).isEqualTo(Action.ANNOTATE);
        assertNothingIsHeld();
    }

    private boolean isStill() {
        long before = model.model().engine().status().generatedTokens();
        LockSupport.parkNanos(100_000_000);
        return before > 0 && model.model().engine().status().generatedTokens() == before;
    }

    private static String words(String word) {
        return IntStream.range(0, WORDS).mapToObj(i -> word + i).collect(Collectors.joining(" "));
    }

    private static HttpRequest request(String fields) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + "/v1/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\","
                        + "\"content\":\"Hi\"}]," + fields + "}"))
                .build();
    }

    private HttpResponse<String> post(String fields) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(request(fields), BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static List<Told> choices(String body, boolean isStream) throws IOException {
        Map<Integer, Told> told = new TreeMap<>();
        if (!isStream) {
            for (JsonNode choice : JSON.readTree(body).path("choices")) {
                told.put(
                        choice.path("index").asInt(),
                        new Told(
                                choice.at("/message/content").asText(),
                                choice.path("finish_reason").asText()));
            }
            return List.copyOf(told.values());
        }
        for (String line : body.split("\n", -1)) {
            if (line.startsWith("data: {")) {
                for (JsonNode choice : JSON.readTree(line.substring(6)).path("choices")) {
                    told.merge(
                            choice.path("index").asInt(),
                            new Told(
                                    choice.at("/delta/content").asText(""),
                                    choice.path("finish_reason").asText("")),
                            (one, more) -> new Told(
                                    one.text() + more.text(),
                                    more.reason().equals("null") ? one.reason() : more.reason()));
                }
            }
        }
        return List.copyOf(told.values());
    }

    private void assertNothingIsHeld() {
        awaitStatus(status -> status.running() + status.waiting() == 0 && status.reservedBlocks() == 0);
    }

    private long cancelled() {
        return model.model().engine().status().finished().getOrDefault(FinishReason.CANCELLED, 0L);
    }

    private void awaitStatus(Predicate<EngineStatus> condition) {
        await(() -> condition.test(model.model().engine().status()));
    }

    private static void await(BooleanSupplier condition) {
        for (int glances = 0; glances < 6000; glances++) {
            if (condition.getAsBoolean()) {
                return;
            }
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(condition.getAsBoolean()).as("has come to pass").isTrue();
    }
}
