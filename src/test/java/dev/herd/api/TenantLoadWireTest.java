package dev.herd.api;

import static dev.herd.api.TenantAdminClient.bind;
import static dev.herd.api.TenantAdminClient.bindVersion;
import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.tenant;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tenants with different policies, the same prompts, at the same time, through OpenAI's client; a swap under load. */
@QuarkusTest
@TestProfile(TenantWireProfile.class)
class TenantLoadWireTest {
    private static final int REQUESTS = Integer.getInteger("tenantRequests", 2000);
    private static final int CLIENTS = 6;
    private static final int SWAPS = 10;
    private static final String SAID = "See the red fox run.";
    private static final String BLOCK =
            "{\"words\":[{\"id\":\"w\",\"terms\":[\"red fox\"],\"input\":\"allow\",\"output\":\"block\"}]}";
    private static final String REDACT =
            "{\"words\":[{\"id\":\"w\",\"terms\":[\"red fox\"],\"input\":\"allow\",\"output\":\"redact\"}]}";

    @Inject
    ScriptedOpener model;

    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say(SAID);
    }

    /** What a client got. */
    private record Outcome(String policy, String reason, boolean isShown) {}

    @Test
    void eachTenantGetsItsOwnOutcome() throws Exception {
        String strict = tenant("{}");
        String mild = tenant("{}");
        bind(strict, "words", BLOCK);
        bind(mild, "words", REDACT);
        OpenAIClient[] clients = {client(strict), client(mild), client(tenant("{}"))};
        Outcome[] expected = {
            new Outcome("words@1", "content_filter", false),
            new Outcome("words@1", "stop", false),
            new Outcome("default", "stop", true)
        };
        AtomicInteger next = new AtomicInteger();

        inParallel(() -> {
            for (int n = next.getAndIncrement(); n < REQUESTS; n = next.getAndIncrement()) {
                Outcome outcome = ask(clients[n % 3], n);
                if (!outcome.equals(expected[n % 3])) {
                    complaints.add(n + ": " + outcome + " instead of " + expected[n % 3]);
                }
            }
        });

        assertThat(complaints).isEmpty();
    }

    @Test
    void swapUnderLoadLosesAndMixesNothing() throws Exception {
        String tenant = tenant("{}");
        bind(tenant, "words", BLOCK);
        bind(tenant, "words", REDACT);
        OpenAIClient client = client(tenant);
        Map<Outcome, Integer> counts = new ConcurrentSkipListMap<>(java.util.Comparator.comparing(Outcome::toString));
        AtomicBoolean isOver = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();
        Thread swaps = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < SWAPS; i++) {
                int before = asked.get();
                while (asked.get() < before + 20) {
                    Thread.onSpinWait();
                }
                bindVersion(tenant, "words", Integer.toString(1 + i % 2));
            }
            isOver.set(true);
        });

        inParallel(() -> {
            while (!isOver.get()) {
                counts.merge(ask(client, asked.getAndIncrement()), 1, Integer::sum);
            }
        });
        swaps.join();

        assertThat(complaints).isEmpty();
        assertThat(counts.keySet())
                .containsExactlyInAnyOrder(
                        new Outcome("words@1", "content_filter", false), new Outcome("words@2", "stop", false));
        assertThat(counts.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(asked.get());
    }

    private static OpenAIClient client(String tenant) {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + RestAssured.port + "/v1")
                .apiKey(key(tenant, "[\"infer\"]"))
                .maxRetries(0)
                .build();
    }

    private static Outcome ask(OpenAIClient client, int n) {
        ChatCompletionCreateParams question = ChatCompletionCreateParams.builder()
                .model("herd-tiny")
                .addUserMessage("What do you see in picture " + n % 7 + "?")
                .build();
        try (HttpResponseFor<ChatCompletion> answer =
                client.chat().completions().withRawResponse().create(question)) {
            String policy = String.join("", answer.headers().values("X-Safety-Policy"));
            ChatCompletion.Choice choice = answer.parse().choices().getFirst();
            boolean isShown = choice.message().content().orElse("").contains("red fox");
            return new Outcome(policy, choice.finishReason().toString(), isShown);
        }
    }

    private void inParallel(Runnable work) throws InterruptedException {
        List<Thread> threads = java.util.stream.IntStream.range(0, CLIENTS)
                .mapToObj(i -> Thread.ofPlatform().start(() -> {
                    try {
                        work.run();
                    } catch (RuntimeException failure) {
                        complaints.add(failure.toString());
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
