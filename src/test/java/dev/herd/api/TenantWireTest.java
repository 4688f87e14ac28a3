package dev.herd.api;

import static dev.herd.api.TenantAdminClient.asOperator;
import static dev.herd.api.TenantAdminClient.bind;
import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.tenant;
import static dev.herd.api.TenantAdminClient.with;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, and with which keys. */
@QuarkusTest
@TestProfile(TenantWireProfile.class)
class TenantWireTest extends TenantWire {
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
}
