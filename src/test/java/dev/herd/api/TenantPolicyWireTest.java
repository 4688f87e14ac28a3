package dev.herd.api;

import static dev.herd.api.TenantAdminClient.asOperator;
import static dev.herd.api.TenantAdminClient.bind;
import static dev.herd.api.TenantAdminClient.key;
import static dev.herd.api.TenantAdminClient.tenant;
import static dev.herd.api.TenantAdminClient.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.Method;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tenant's documents: how they change, bind, and are on record. */
@QuarkusTest
@TestProfile(TenantWireProfile.class)
class TenantPolicyWireTest extends TenantWire {
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
