package dev.herd.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.herd.api.openai.ResponseRequest;
import dev.herd.media.FetchPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseStoreTest {
    private static final int COUNT = 3;
    private static final long BYTES = 10_000;
    private Instant now = Instant.EPOCH;
    private final ResponseStore store = new ResponseStore(new ObjectMapper(), settings(), () -> now);

    @Test
    void oldestGoesWhenThereAreTooMany() {
        List<StoredResponse> responses = List.of(response(1), response(1), response(1), response(1));
        responses.forEach(store::put);

        assertThat(store.get("local", responses.get(0).id())).isEmpty();
        assertThat(store.get("local", responses.get(1).id())).contains(responses.get(1));
        assertThat(store.size()).isEqualTo(COUNT);
    }

    @Test
    void oldestGoesWhenTheyAreTooLarge() {
        StoredResponse first = response(4000);
        StoredResponse second = response(4000);
        store.put(first);
        store.put(second);
        assertThat(store.size()).isEqualTo(2);

        store.put(response(4000));

        assertThat(store.get("local", first.id())).isEmpty();
        assertThat(store.get("local", second.id())).contains(second);
        assertThat(store.size()).isEqualTo(2);
    }

    @Test
    void nobodyLosesAResponseBecauseSomebodyElseKeepsMany() {
        StoredResponse quiet = response(1);
        store.put(quiet);
        for (int i = 0; i < 10; i++) {
            store.put(response(1, "loud"));
            store.put(response(4000, "loud"));
        }

        assertThat(store.get("local", quiet.id())).contains(quiet);
        assertThat(store.size()).isEqualTo(COUNT);
    }

    @Test
    void whatIsLargerThanAllIsNotKept() {
        store.put(response(1));
        store.put(response((int) BYTES));

        assertThat(store.size()).isZero();
    }

    @Test
    void responseGoesWhenItIsTooOld() {
        StoredResponse response = response(1);
        store.put(response);

        now = now.plusSeconds(59);
        assertThat(store.get("local", response.id())).contains(response);
        now = now.plusSeconds(1);
        assertThat(store.get("local", response.id())).isEmpty();
    }

    @Test
    void removedBytesMakeRoom() {
        for (int i = 0; i < 100; i++) {
            StoredResponse response = response(8000);
            store.put(response);
            assertThat(store.remove("local", response.id())).isTrue();
            assertThat(store.remove("local", response.id())).isFalse();
        }
        StoredResponse last = response(8000);
        store.put(last);

        assertThat(store.get("local", last.id())).contains(last);
    }

    @Test
    void endOfWhatDoesNotRunChangesNothing() {
        StoredResponse response = response(1);
        store.put(response);
        store.end(new StoredResponse(
                "local", response.response().withStatus("cancelled"), response.input(), response.conversation(), null));
        store.end(response(1));

        assertThat(store.get("local", response.id())).contains(response);
        assertThat(store.size()).isEqualTo(1);
    }

    private static StoredResponse response(int length) {
        return response(length, "local");
    }

    private static StoredResponse response(int length, String tenant) {
        ResponseRequest request = new ResponseRequest(
                "m",
                TextNode.valueOf("a"),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
        ResponseDraft draft = new ResponseDraft(request, 0);
        return new StoredResponse(
                tenant, draft.state("completed"), List.of(), List.of(TextNode.valueOf("a".repeat(length))), null);
    }

    private static ApiSettings settings() {
        return new ApiSettings() {
            @Override
            public Duration heartbeat() {
                return Duration.ofSeconds(1);
            }

            @Override
            public FetchPolicy fetchPolicy() {
                return FetchPolicy.OFF;
            }

            @Override
            public long maxBodyBytes() {
                return 1;
            }

            @Override
            public int maxResponses() {
                return COUNT;
            }

            @Override
            public long maxResponseBytes() {
                return BYTES;
            }

            @Override
            public Duration responseLifetime() {
                return Duration.ofMinutes(1);
            }
        };
    }
}
