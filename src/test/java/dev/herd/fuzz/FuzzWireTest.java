package dev.herd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.api.WireTestProfile;
import dev.herd.engine.EngineStatus;
import dev.herd.fuzz.FuzzClient.Reply;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Thousands of requests that are wrong in every way a seed can think of. {@code -DfuzzRequests=100000} and
 * {@code -DfuzzSeed=…} make it more and others.
 */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class FuzzWireTest {
    private static final int REQUESTS = Integer.getInteger("fuzzRequests", 3000);
    private static final long SEED = Long.getLong("fuzzSeed", 20261124L);
    private static final int CLIENTS = 4;
    private static final int SPARE_THREADS = 24;
    private static final Pattern INTERNALS =
            Pattern.compile("dev\\.herd\\.|java\\.|jakarta\\.|com\\.fasterxml|Exception|\\bat [a-z.]+\\(|\\.java:");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    ScriptedOpener model;

    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final Map<Integer, Integer> statuses = new ConcurrentSkipListMap<>();

    @Test
    @Timeout(3600)
    void noRequestBreaksTheServer() throws Exception {
        model.runner().release();
        model.say("Hello, world!");
        run(0, Math.min(REQUESTS, 200));
        int threadsBefore = Thread.getAllStackTraces().size();
        long failuresBefore = awaitQuiet().failures();

        run(0, REQUESTS);

        assertThat(complaints.stream().limit(10)).as("seed %d", SEED).isEmpty();
        assertThat(statuses.keySet()).as("seed %d", SEED).contains(200, 400, 404, 405, 415);
        EngineStatus status = awaitQuiet();
        assertThat(status.running() + status.waiting()).isZero();
        assertThat(status.reservedBlocks()).isZero();
        assertThat(status.failures())
                .as("other tests make the same engine fail")
                .isEqualTo(failuresBefore);
        assertThat(Thread.getAllStackTraces().size()).isLessThanOrEqualTo(threadsBefore + SPARE_THREADS);
        System.getLogger(FuzzWireTest.class.getName())
                .log(System.Logger.Level.INFO, "{0} requests: {1}", REQUESTS, new TreeMap<>(statuses));
    }

    private void run(int from, int to) throws InterruptedException {
        AtomicInteger next = new AtomicInteger(from);
        Thread[] threads = new Thread[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            threads[i] = Thread.ofPlatform().start(() -> drive(next, to));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void drive(AtomicInteger next, int to) {
        RequestMaker maker = new RequestMaker(SEED);
        try (FuzzClient client = new FuzzClient(RestAssured.port)) {
            for (int n = next.getAndIncrement(); n < to; n = next.getAndIncrement()) {
                FuzzRequest request = maker.make(n);
                try {
                    Optional<Reply> reply = client.send(request);
                    int number = n;
                    reply.ifPresent(answer -> judge(number, request, answer));
                } catch (IOException | RuntimeException unexpected) {
                    complain(n, request, unexpected.toString());
                    client.hangUp();
                }
            }
        } catch (IOException impossible) {
            complaints.add(impossible.toString());
        }
    }

    private void judge(int n, FuzzRequest request, Reply reply) {
        statuses.merge(reply.status(), 1, Integer::sum);
        if (reply.status() >= 500) {
            complain(n, request, reply.toString());
        } else if (INTERNALS.matcher(reply.body()).find()) {
            complain(n, request, "the answer tells of internals: " + reply);
        } else if (reply.status() >= 400 && !request.isHead() && request.hasUri() && !isEnvelope(reply.body())) {
            complain(n, request, "no envelope: " + reply);
        }
    }

    private static boolean isEnvelope(String body) {
        try {
            JsonNode error = JSON.readTree(body).path("error");
            return error.path("message").isTextual() && error.has("type") && error.has("param") && error.has("code");
        } catch (IOException noJson) {
            return false;
        }
    }

    private void complain(int n, FuzzRequest request, String what) {
        StringBuilder text = new StringBuilder();
        request.pieces().forEach(piece -> text.append(new String(piece, StandardCharsets.UTF_8)));
        complaints.add("request " + n + ": " + what + "\n" + text.substring(0, Math.min(1500, text.length())));
    }

    private EngineStatus awaitQuiet() {
        EngineStatus status = model.model().engine().status();
        for (int glances = 0; glances < 2000 && status.running() + status.waiting() > 0; glances++) {
            LockSupport.parkNanos(5_000_000);
            status = model.model().engine().status();
        }
        return status;
    }
}
