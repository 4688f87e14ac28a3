package dev.herd.api;

import static dev.herd.api.TenantAdminClient.asOperator;
import static dev.herd.api.TenantAdminClient.bind;
import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.tenant;
import static dev.herd.api.TenantAdminClient.with;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.http.Method;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tenants, keys, limits, policies and audit over HTTP. */
@QuarkusTest
@TestProfile(TenantWireProfile.class)
class TenantWireTest {
    private static final String ALL_SCOPES =
            "[\"infer\",\"moderate\",\"policy:read\",\"policy:write\",\"audit:read\",\"admin\"]";
    private static final String INFER = "[\"infer\"]";
    private static final String CHAT =
            "{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    private static ValidatableResponse chat(String key, String body) {
        return with(key).body(body).post("/v1/chat/completions").then();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer nonsense",
                "Bearer lk_live_aaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "Basic eA==",
                ""
            })
    void strangersAreTurnedAway(String authorization) {
        ErrorWireTest.envelope(
                        given().header("Authorization", authorization)
                                .contentType(ContentType.JSON)
                                .body(CHAT)
                                .post("/v1/chat/completions")
                                .then(),
                        401)
                .header("WWW-Authenticate", "Bearer")
                .body("error.type", equalTo("authentication_error"))
                .body("error.code", equalTo("invalid_api_key"));
        for (String path : List.of("/v1/models", "/admin/v1/tenants", "/llama/v1/models", "/q/metrics", "/nothing")) {
            given().header("Authorization", authorization).get(path).then().statusCode(401);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/../v1/models",
                "/q/%2e%2e/v1/models",
                "//v1/models",
                "/openapi/../v1/models",
                "/q//../../admin/v1/tenants"
            })
    void noWayLeadsAroundTheGate(String path) {
        assertThat(given().urlEncodingEnabled(false).get(path).statusCode()).isIn(401, 404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/chat/completions;x=y",
                "/v1/chat;x/completions",
                "/v1/chat/completions%3Bx",
                "/v1/chat/completions/",
                "/v1/chat/completions//",
                "//v1/chat/completions",
                "/v1/./chat/completions",
                "/v1/chat/complet%69ons",
                "/v1/chat%2Fcompletions",
                "/v1/chat/completions%20",
                "/v1/chat/completions%00"
            })
    void otherSpellingsOfAPathHaveItsPolicy(String path) {
        String tenant = tenant("{}");
        bind(tenant, "mild", "{\"pii\":{\"input\":\"allow\"}}");
        bind(tenant, "strict", "{\"words\":[{\"id\":\"w\",\"terms\":[\"falcon\"],\"input\":\"block\"}]}");
        String bindings = "/admin/v1/tenants/" + tenant + "/bindings";
        asOperator()
                .header("If-Match", asOperator().get(bindings).header("ETag"))
                .body("{\"bindings\":[{\"scope\":\"tenant\",\"policy\":\"mild\"},"
                        + "{\"scope\":\"route\",\"target\":\"/v1/chat/completions\",\"policy\":\"strict\"}]}")
                .put(bindings)
                .then()
                .statusCode(200);

        int status = with(key(tenant, "[\"infer\"]"))
                .urlEncodingEnabled(false)
                .body(CHAT.replace("Hi", "the falcon"))
                .post(path)
                .statusCode();

        assertThat(status).isIn(400, 404);
        assertThat(path.endsWith("/completions") && status == 404).isFalse();
    }

    @Test
    void moderationTakesItsScopeHoweverThePathIsSpelt() {
        String key = key(tenant("{}"), "[\"infer\"]");

        for (String path : List.of("/v1/moderations", "/v1/moderations;x", "/v1/moderations/", "//v1/moderations")) {
            with(key)
                    .urlEncodingEnabled(false)
                    .body("{\"input\":\"Hi\"}")
                    .post(path)
                    .then()
                    .statusCode(403);
        }
    }

    @Test
    void operatorsKeysHaveAnApiOfTheirOwn() {
        String keys = "/admin/v1/tenants/operator/keys";
        String key = asOperator()
                .body("{\"name\":\"second\"}")
                .post(keys)
                .then()
                .statusCode(201)
                .body("scopes", equalTo(List.of("admin")))
                .extract()
                .path("key");
        String id = key.split("_", -1)[2];

        with(key).get("/admin/v1/tenants").then().statusCode(200);
        String next = with(key)
                .body("{\"overlapSeconds\":0}")
                .post(keys + "/" + id + ":rotate")
                .then()
                .statusCode(201)
                .extract()
                .path("key");
        with(key).get("/admin/v1/tenants").then().statusCode(401);
        asOperator().delete(keys + "/" + next.split("_", -1)[2]).then().statusCode(204);
        with(next).get("/admin/v1/tenants").then().statusCode(401);
        String tenants = key(tenant("{}"), "[\"admin\"]");
        with(tenants).get(keys).then().statusCode(404);
        with(tenants).body("{\"name\":\"x\"}").post(keys).then().statusCode(404);
    }

    @Test
    void healthAndDescriptionAreOpenAndMetricsAsConfigured() {
        given().get("/q/health/live").then().statusCode(200);
        given().get("/openapi").then().statusCode(200);
        asOperator().get("/q/metrics").then().statusCode(200);
        with(key(tenant("{}"), INFER)).get("/q/metrics").then().statusCode(403);
    }

    @Test
    void severalCredentialsAreAMistake() {
        String key = key(tenant("{}"), INFER);

        ErrorWireTest.envelope(
                        with(key).header("x-api-key", key).get("/v1/models").then(), 400)
                .body("error.code", equalTo("ambiguous_credentials"));
        ErrorWireTest.envelope(
                        given().header("Authorization", "Bearer " + key)
                                .header("Authorization", "Bearer a.b.c")
                                .get("/v1/models")
                                .then(),
                        400)
                .body("error.code", equalTo("ambiguous_credentials"));
        given().header("x-api-key", key).get("/v1/models").then().statusCode(401);
    }

    @Test
    void keysAreForTheirScopesOnly() {
        String tenant = tenant("{}");
        String infer = key(tenant, INFER);

        chat(infer, CHAT).statusCode(200);
        ErrorWireTest.envelope(with(infer).get("/admin/v1/tenants/" + tenant).then(), 403)
                .body("error.type", equalTo("permission_error"));
        chat(key(tenant, "[\"audit:read\"]"), CHAT).statusCode(403);
        chat(TenantWireProfile.ADMIN_KEY, CHAT).statusCode(403);
        String reader = key(tenant, "[\"policy:read\"]");
        with(reader).get("/admin/v1/tenants/" + tenant + "/policies").then().statusCode(200);
        with(reader).get("/admin/v1/tenants/" + tenant + "/keys").then().statusCode(403);
        with(reader)
                .body("{\"id\":\"p\",\"spec\":{}}")
                .post("/admin/v1/tenants/" + tenant + "/policies")
                .then()
                .statusCode(403);
        with(key(tenant, ALL_SCOPES))
                .body("{\"id\":\"mine\"}")
                .post("/admin/v1/tenants")
                .then()
                .statusCode(403);
    }

    @Test
    void keysAreMadeShownRotatedAndEnded() {
        String tenant = tenant("{}");
        String keys = "/admin/v1/tenants/" + tenant + "/keys";
        String text = key(tenant, INFER);
        String id = text.substring("lk_live_".length(), "lk_live_".length() + 12);
        chat(text, CHAT).statusCode(200);

        assertThat(text).matches("lk_live_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
        asOperator()
                .get(keys)
                .then()
                .statusCode(200)
                .body("data.id", contains(id))
                .body("data[0].state", equalTo("active"))
                .body("data[0].key", nullValue());
        String next = asOperator()
                .body("{\"overlapSeconds\":3600}")
                .post(keys + "/" + id + ":rotate")
                .then()
                .statusCode(201)
                .header("Cache-Control", "no-store")
                .extract()
                .path("key");
        chat(text, CHAT).statusCode(200);
        chat(next, CHAT).statusCode(200);
        asOperator()
                .get(keys + "/" + id)
                .then()
                .body("state", equalTo("expiring"))
                .body("expires", notNullValue());
        asOperator().delete(keys + "/" + id).then().statusCode(204);
        chat(text, CHAT).statusCode(401);
        chat(next, CHAT).statusCode(200);
        asOperator().delete(keys + "/abcdefghijkl").then().statusCode(404);
    }

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

    @Test
    void tokensActForTheirTenant() {
        String tenant = tenant("{\"requestsPerMinute\":100}");
        String token = TestTokens.of(tenant, "openid infer audit:read");

        chat(token, CHAT).statusCode(200).header("x-ratelimit-limit-requests", "100");
        with(token).get("/admin/v1/tenants/" + tenant + "/audit").then().statusCode(200);
        with(token).get("/admin/v1/tenants/" + tenant("{}") + "/audit").then().statusCode(404);
        with(token).get("/admin/v1/tenants/" + tenant + "/keys").then().statusCode(403);
        chat(token.substring(0, token.length() - 4) + "AAAA", CHAT).statusCode(401);
        chat(TestTokens.of("nobody", "infer"), CHAT).statusCode(401);
        given().header("Authorization", "Bearer " + token)
                .header("Authorization", "Bearer " + key(tenant, INFER))
                .get("/v1/models")
                .then()
                .statusCode(400);
    }

    @Test
    void suspendedTenantsAreTurnedAway() {
        String tenant = tenant("{}");
        String key = key(tenant, INFER);
        String etag = asOperator().get("/admin/v1/tenants/" + tenant).header("ETag");

        asOperator()
                .header("If-Match", etag)
                .body("{\"status\":\"suspended\"}")
                .patch("/admin/v1/tenants/" + tenant)
                .then()
                .statusCode(200)
                .body("status", equalTo("suspended"));

        chat(key, CHAT).statusCode(401);
    }

    @Test
    void changesStateWhatTheyAreBasedOn() {
        String tenant = tenant("{}");
        String path = "/admin/v1/tenants/" + tenant;
        String etag = asOperator().get(path).header("ETag");
        String change = "{\"name\":\"Alpha\"}";

        asOperator().header("If-None-Match", etag).get(path).then().statusCode(304);
        ErrorWireTest.envelope(asOperator().body(change).patch(path).then(), 428)
                .body("error.code", equalTo("precondition_required"));
        ErrorWireTest.envelope(
                asOperator()
                        .header("If-Match", "\"x\"")
                        .body(change)
                        .patch(path)
                        .then(),
                412);
        asOperator()
                .header("If-Match", etag)
                .body(change)
                .patch(path)
                .then()
                .statusCode(200)
                .header("ETag", not(equalTo(etag)));
        ErrorWireTest.envelope(
                asOperator().header("If-Match", etag).body(change).patch(path).then(), 412);
        ErrorWireTest.envelope(
                asOperator()
                        .body("{\"id\":\"" + tenant + "\"}")
                        .post("/admin/v1/tenants")
                        .then(),
                409);
        ErrorWireTest.envelope(asOperator().delete(path).then(), 428);
        asOperator().header("If-Match", "*").delete(path).then().statusCode(204);
        asOperator().get(path).then().statusCode(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"UPPER\"}",
                "{\"id\":\"a\",\"limits\":{\"requestPerMinute\":1}}",
                "{\"id\":\"a\",\"limits\":{\"requestsPerMinute\":0}}",
                "{\"id\":\"a\",\"limits\":{\"minTemperature\":1,\"maxTemperature\":0.5}}",
                "{\"id\":\"a\",\"limits\":{\"imageHosts\":[\"https://x\"]}}",
                "{\"id\":\"a\",\"nme\":\"x\"}",
                "{}"
            })
    void mistakesAreNamed(String body) {
        ErrorWireTest.envelope(asOperator().body(body).post("/admin/v1/tenants").then(), 400)
                .body("error.param", notNullValue());
    }

    @Test
    void policiesAreDraftedPublishedBoundAndRetired() {
        String tenant = tenant("{}");
        String policies = "/admin/v1/tenants/" + tenant + "/policies";
        String draft = asOperator()
                .body(
                        "{\"id\":\"p\",\"spec\":{\"words\":[{\"id\":\"w\",\"terms\":[\"red fox\"],\"input\":\"block\",\"output\":\"block\"}]}}")
                .post(policies)
                .then()
                .statusCode(201)
                .extract()
                .header("ETag");
        ErrorWireTest.envelope(
                asOperator().body("{\"id\":\"p\",\"spec\":{}}").post(policies).then(), 409);
        ErrorWireTest.envelope(
                        asOperator()
                                .header("If-Match", draft)
                                .body("{\"spec\":{\"nonsense\":1}}")
                                .put(policies + "/p/draft")
                                .then(),
                        400)
                .body("error.code", equalTo("invalid_policy"))
                .body("error.param", equalTo("spec/nonsense"));

        asOperator().post(policies + "/p/versions").then().statusCode(201).body("version", equalTo(1));
        asOperator().post(policies + "/p/versions").then().statusCode(200).body("version", equalTo(1));
        asOperator().put(policies + "/p/versions/1").then().statusCode(405);
        String infer = key(tenant, INFER);
        String fox = CHAT.replace("Hi", "a red fox");
        chat(infer, fox).statusCode(200);
        TenantAdminClient.bindVersion(tenant, "p", "latest");
        chat(infer, fox).statusCode(400).body("error.code", equalTo("content_filter"));
        chat(infer, CHAT).statusCode(200).header("X-Safety-Policy", "p@1");
        ErrorWireTest.envelope(
                asOperator().post(policies + "/p/versions/1:retire").then(), 409);

        int second = bind(tenant, "p", "{\"pii\":{\"input\":\"block\"}}");
        assertThat(second).isEqualTo(2);
        chat(infer, fox).statusCode(200).header("X-Safety-Policy", "p@2");
        asOperator()
                .get(policies + "/p/versions/1:diff?to=2")
                .then()
                .statusCode(200)
                .body("changes.path", org.hamcrest.Matchers.hasItem("/pii/input"));
        asOperator()
                .post(policies + "/p/versions/1:retire")
                .then()
                .statusCode(200)
                .body("state", equalTo("retired"));
        asOperator().get(policies + "/p/versions").then().body("data.state", contains("retired", "published"));
        ErrorWireTest.envelope(
                asOperator()
                        .header("If-Match", "*")
                        .body("{\"bindings\":[{\"scope\":\"tenant\",\"policy\":\"p\",\"version\":\"1\"}]}")
                        .put("/admin/v1/tenants/" + tenant + "/bindings")
                        .then(),
                409);
    }

    @Test
    void policiesAreTriedOutBeforeTheyBind() {
        String tenant = tenant("{}");
        bind(tenant, "p", "{\"pii\":{\"input\":\"annotate\"}}");
        String run = "/admin/v1/tenants/" + tenant + "/policies/p:dry-run";
        String card = "{\"role\":\"user\",\"content\":\"my card is 4111111111111111\"}";

        asOperator()
                .body(
                        "{\"messages\":[" + card
                                + "],\"spec\":{\"pii\":{\"input\":\"block\"},\"words\":[{\"id\":\"w\",\"terms\":[\"card\"],\"input\":\"annotate\",\"output\":\"allow\"}]},\"compareTo\":\"latest\"}")
                .post(run)
                .then()
                .statusCode(200)
                .body("candidate.action", equalTo("block"))
                .body("active.action", equalTo("annotate"))
                .body("added", contains("words/w"))
                .body("removed", hasSize(0));
        asOperator()
                .body("{\"version\":\"latest\",\"cases\":[{\"messages\":[" + card
                        + "],\"expect\":[\"CREDIT_CARD\"]},{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"expect\":[\"CREDIT_CARD\"]},"
                        + "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"expect\":[]}]}")
                .post(run)
                .then()
                .statusCode(200)
                .body("codes.CREDIT_CARD.truePositives", equalTo(1))
                .body("codes.CREDIT_CARD.falseNegatives", equalTo(1))
                .body("codes.CREDIT_CARD.trueNegatives", equalTo(1))
                .body("codes.CREDIT_CARD.recall.value", equalTo(0.5f));
        ErrorWireTest.envelope(asOperator().body("{}").post(run).then(), 400);
    }

    @Test
    void decisionsAndChangesAreInTheAuditLog() {
        String tenant = tenant("{}");
        bind(tenant, "p", "{\"pii\":{\"input\":\"block\"}}");
        String infer = key(tenant, INFER);
        chat(infer, CHAT.replace("Hi", "my card is 4111111111111111")).statusCode(400);
        String audit = "/admin/v1/tenants/" + tenant + "/audit";

        String decisions = asOperator()
                .get(audit + "?action=block&code=CREDIT_CARD")
                .then()
                .statusCode(200)
                .contentType("application/x-ndjson")
                .extract()
                .asString();
        String all = asOperator().get(audit).asString();

        assertThat(decisions.lines()).hasSize(1);
        assertThat(decisions)
                .contains("\"policy\":\"p\"", "\"policyVersion\":\"1\"", "\"textHmac\":\"")
                .doesNotContain("4111");
        assertThat(all)
                .contains("\"change\":\"create tenant\"", "\"change\":\"bind policies\"", "\"change\":\"create key\"");
        String first = asOperator().get(audit + "?limit=2").then().extract().header("X-Next-Cursor");
        assertThat(first).isEqualTo("2");
        assertThat(asOperator().get(audit + "?limit=1&after=" + first).asString())
                .startsWith("{\"seq\":3,");
        asOperator().get(audit + "/verdict").then().statusCode(200).body("whole", equalTo(true));
        ErrorWireTest.envelope(asOperator().get(audit + "?from=yesterday").then(), 400);
    }

    @Test
    void otherMethodsAreRefusedAndTheRightOnesNamed() {
        String tenant = tenant("{}");
        for (String template : ApiDocument.stored().paths()) {
            if (!template.startsWith("/admin/")) {
                continue;
            }
            String path = template.replace("{tenant}", tenant)
                    .replace("{key}", "abcdefghijkl")
                    .replace("{policy}", "p")
                    .replace("{version}", "1");
            Set<String> allowed = ApiDocument.stored().methods(template).stream()
                    .map(method -> method.toUpperCase(Locale.ROOT))
                    .collect(Collectors.toCollection(TreeSet::new));
            if (allowed.contains("GET")) {
                allowed.add("HEAD");
            }
            for (Method method : new Method[] {Method.GET, Method.POST, Method.PUT, Method.DELETE, Method.PATCH}) {
                if (!allowed.contains(method.name())) {
                    String allow = ErrorWireTest.envelope(
                                    asOperator()
                                            .body("{}")
                                            .request(method, path)
                                            .then(),
                                    405)
                            .extract()
                            .header("Allow");
                    assertThat(new TreeSet<>(List.of(allow.split(", ", -1))))
                            .as(template)
                            .isEqualTo(allowed);
                }
            }
        }
    }

    @Test
    void operatorsFloorHoldsForEverybody() {
        String floor = "/admin/v1/floor";
        String tenant = tenant("{}");
        bind(tenant, "p", "{\"pii\":{\"input\":\"annotate\"}}");
        String infer = key(tenant, INFER);
        String card = CHAT.replace("Hi", "my card is 4111111111111111");
        chat(infer, card).statusCode(200);
        ErrorWireTest.envelope(with(key(tenant, ALL_SCOPES)).get(floor).then(), 403);

        asOperator()
                .header("If-None-Match", "*")
                .body("{\"spec\":{\"pii\":{\"entities\":{\"CREDIT_CARD\":{\"input\":\"block\"}}}}}")
                .put(floor)
                .then()
                .statusCode(200);
        chat(infer, card).statusCode(400).body("error.code", equalTo("content_filter"));
        String etag = asOperator().get(floor).header("ETag");
        asOperator()
                .header("If-Match", etag)
                .body("{\"spec\":{}}")
                .put(floor)
                .then()
                .statusCode(200);
        chat(infer, card).statusCode(200);
    }
}
