package dev.herd.api;

import static dev.herd.api.TenantAdminClient.asOperator;
import static dev.herd.api.TenantAdminClient.bind;
import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.tenant;
import static dev.herd.api.TenantAdminClient.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tenant may use, and that others have nothing of it. */
@QuarkusTest
@TestProfile(TenantWireProfile.class)
class TenantLimitsWireTest extends TenantWire {
    @Test
    void tenantsSeeNothingOfEachOther() {
        String a = tenant("{}");
        String b = tenant("{}");
        String ofA = key(a, ALL_SCOPES);
        String ofB = key(b, ALL_SCOPES);
        bind(a, "p", "{\"mode\":\"enforce\"}");
        String response = with(ofA)
                .body("{\"model\":\"herd-tiny\",\"input\":\"Hi\"}")
                .post("/v1/responses")
                .then()
                .statusCode(200)
                .extract()
                .path("id");

        with(ofA).get("/v1/responses/" + response).then().statusCode(200);
        for (String path : List.of(
                "/v1/responses/" + response,
                "/v1/responses/" + response + "/input_items",
                "/admin/v1/tenants/" + a,
                "/admin/v1/tenants/" + a + "/keys",
                "/admin/v1/tenants/" + a + "/policies",
                "/admin/v1/tenants/" + a + "/policies/p/draft",
                "/admin/v1/tenants/" + a + "/policies/p/versions",
                "/admin/v1/tenants/" + a + "/policies/p/versions/1",
                "/admin/v1/tenants/" + a + "/bindings",
                "/admin/v1/tenants/" + a + "/audit",
                "/admin/v1/tenants/" + a + "/audit/verdict",
                "/admin/v1/tenants/operator/audit")) {
            ErrorWireTest.envelope(with(ofB).get(path).then(), 404);
        }
        with(ofB).delete("/v1/responses/" + response).then().statusCode(404);
        with(ofB).delete("/admin/v1/tenants/" + a + "/keys/abcdefghijkl").then().statusCode(404);
        with(ofB)
                .body("{\"model\":\"herd-tiny\",\"input\":\"Hi\",\"previous_response_id\":\"" + response + "\"}")
                .post("/v1/responses")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("previous_response_not_found"));
        with(ofB).get("/admin/v1/tenants").then().statusCode(200).body("data.id", contains(b));
        with(ofA).get("/v1/responses/" + response).then().statusCode(200);
    }

    @Test
    void computedPromptsAreSharedWithinATenantOnly() {
        String a = tenant("{}");
        String ofA = key(a, INFER);
        String ofB = key(tenant("{}"), INFER);
        String prompt = CHAT.replace("Hi", "word ".repeat(300));
        String divided = prompt.replaceFirst("\\{", "{\"cache_salt\":\"x\",");

        assertThat(cachedTokens(ofA, prompt)).isZero();
        assertThat(cachedTokens(ofA, prompt)).isGreaterThan(100);
        assertThat(cachedTokens(key(a, INFER), prompt)).isGreaterThan(100);
        assertThat(cachedTokens(ofB, prompt)).isZero();
        assertThat(cachedTokens(ofA, divided)).isZero();
        assertThat(cachedTokens(ofA, divided)).isGreaterThan(100);
        assertThat(cachedTokens(ofB, divided)).isZero();
        String path = "/admin/v1/tenants/" + a;
        asOperator()
                .header("If-Match", asOperator().get(path).header("ETag"))
                .body("{\"cacheSaltEpoch\":1}")
                .patch(path)
                .then()
                .statusCode(200);
        assertThat(cachedTokens(ofA, prompt)).isZero();
    }

    private static int cachedTokens(String key, String request) {
        return chat(key, request).statusCode(200).extract().path("usage.prompt_tokens_details.cached_tokens");
    }

    @Test
    void requestsBeyondALimitAreTurnedAwayWithHeaders() {
        String key = key(tenant("{\"requestsPerMinute\":2,\"outputTokensPerMinute\":5000}"), INFER);

        chat(key, CHAT)
                .statusCode(200)
                .header("x-ratelimit-limit-requests", "2")
                .header("x-ratelimit-remaining-requests", "1")
                .header("x-ratelimit-reset-requests", matchesPattern("\\d+\\.\\d{3}s"))
                .header("x-ratelimit-limit-tokens", "5000")
                .header("x-ratelimit-remaining-tokens", matchesPattern("\\d+"));
        chat(key, "{\"stream\":true," + CHAT.substring(1))
                .statusCode(200)
                .header("x-ratelimit-remaining-requests", "0");

        ErrorWireTest.envelope(chat(key, CHAT), 429)
                .header("Retry-After", matchesPattern("[1-9]\\d*"))
                .header("x-ratelimit-remaining-requests", "0")
                .body("error.type", equalTo("rate_limit_error"))
                .body("error.message", containsString("2 requests per minute"));
        chat(key(tenant("{}"), INFER), CHAT).statusCode(200).header("x-ratelimit-limit-requests", nullValue());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clientsThatLeaveGiveTheirPlacesBack(boolean isStream) throws Exception {
        String key = key(tenant("{\"concurrency\":1}"), INFER);
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        for (int round = 0; round < 4; round++) {
            model.runner().hold();
            try (HttpClient client = HttpClient.newHttpClient()) {
                var answer = client.sendAsync(
                        HttpRequest.newBuilder(
                                        URI.create("http://localhost:" + RestAssured.port + "/v1/chat/completions"))
                                .version(HttpClient.Version.HTTP_1_1)
                                .header("Authorization", "Bearer " + key)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        CHAT.replaceFirst("\\{", "{\"stream\":" + isStream + ",")))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
                await(() -> model.model().engine().status().running() == 1);
                chat(key, CHAT).statusCode(429).header("Retry-After", notNullValue());
                client.shutdownNow();
                assertThat(answer).isNotNull();
            }
            model.runner().release();
            await(() -> model.model().engine().status().running() == 0);
        }
        model.say("Hello, world!");

        chat(key, CHAT).statusCode(200);
    }

    private static void await(BooleanSupplier condition) {
        for (int glances = 0; glances < 6000 && !condition.getAsBoolean(); glances++) {
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(condition.getAsBoolean()).as("has come to pass").isTrue();
    }

    @Test
    void outputTokensAreReservedAndGivenBack() {
        String key = key(tenant("{\"outputTokensPerMinute\":200}"), INFER);
        String all = "{\"max_tokens\":200," + CHAT.substring(1);
        for (int i = 0; i < 3; i++) {
            chat(key, "{\"max_tokens\":100," + CHAT.substring(1)).statusCode(200);
        }

        ErrorWireTest.envelope(chat(key, all), 429).body("error.message", containsString("output tokens per minute"));
    }

    @Test
    void samplingIsCapped() {
        String key =
                key(tenant("{\"maxChoices\":1,\"maxTokens\":2,\"maxTemperature\":1.0,\"contextTokens\":64}"), INFER);

        chat(key, "{\"max_tokens\":100," + CHAT.substring(1))
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("length"))
                .body("usage.completion_tokens", equalTo(2));
        ErrorWireTest.envelope(chat(key, "{\"n\":2," + CHAT.substring(1)), 400).body("error.param", equalTo("n"));
        ErrorWireTest.envelope(chat(key, "{\"temperature\":1.5," + CHAT.substring(1)), 400)
                .body("error.param", equalTo("temperature"));
        ErrorWireTest.envelope(chat(key, CHAT.replace("Hi", "Hello again ".repeat(60))), 400)
                .body("error.code", equalTo("context_length_exceeded"));
    }

    @Test
    void modelsThatAreNotAllowedDoNotExist() {
        String key = key(tenant("{\"models\":[\"another\"]}"), INFER);

        ErrorWireTest.envelope(chat(key, CHAT), 404).body("error.code", equalTo("model_not_found"));
        with(key).get("/v1/models").then().statusCode(200).body("data", hasSize(0));
        with(key).get("/v1/models/herd-tiny").then().statusCode(404);
        with(key).body("{\"prompt\":\"a\"}").post("/tokenize").then().statusCode(404);
        with(key)
                .body("{\"model\":\"herd-tiny\",\"prompt\":\"a\"}")
                .post("/v1/completions")
                .then()
                .statusCode(404);
    }
}
