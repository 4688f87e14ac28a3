package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import dev.herd.safety.Direction;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients see of guards that wait, fail or say nothing. */
@QuarkusTest
@TestProfile(SafetyWireProfile.class)
class SafetyGuardWireTest extends SafetyWire {
    /** Only a guard that is slow or down is worth another try. */
    @ParameterizedTest
    @CsvSource({
        "TIMEOUT, 503, guard_unavailable",
        "UNAVAILABLE, 503, guard_unavailable",
        "UNPARSEABLE, 500, guard_unparseable",
        "MISCONFIGURED, 500, guard_misconfigured",
        "TOO_LONG, 400, context_length_exceeded",
    })
    void moderationRequestsAreToldWhyTheGuardSaysNothing(String failure, int status, String code) {
        for (String path : List.of("/v1/moderations", "/llama/v1/moderations")) {
            ValidatableResponse response = given().contentType(ContentType.JSON)
                    .body("{\"model\":\"fake\",\"input\":\"" + failure
                            + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + failure + "\"}]}")
                    .post(path)
                    .then()
                    .statusCode(status)
                    .body("error.code", equalTo(code))
                    .body("error.message", not(containsString("as told")));
            assertThat(response.extract().header("Retry-After") != null).isEqualTo(status == 503);
        }
    }

    /** Who only asks for a score has the answer all the same; who asks to block has none that nobody has judged. */
    @Test
    void aChatRequestWhoseOwnGuardFailsIsToldSo() {
        safety.enforce("{" + QUIET + "}");
        model.say("TIMEOUT is what I say");
        String wish = ",\"moderation\":{\"model\":\"fake\",\"policy\":{\"output\":{\"mode\":\"%s\"}}}";
        String hello = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

        chat(hello + wish.formatted("score"))
                .statusCode(200)
                .body("choices[0].message.content", equalTo("TIMEOUT is what I say"))
                .body("moderation.output.type", equalTo("error"))
                .body("moderation.output.code", equalTo("guard_unavailable"));
        chat(hello + wish.formatted("block")).statusCode(503).body("error.code", equalTo("guard_unavailable"));
        chat(hello + wish.formatted("block") + ",\"stream\":true")
                .statusCode(503)
                .body("error.code", equalTo("guard_unavailable"));
        model.say("this is unsafe");
        chat(hello + wish.formatted("score") + ",\"stream\":true")
                .statusCode(200)
                .body(containsString("\"flagged\":true"));
    }

    @ParameterizedTest
    @CsvSource({"window, 16", "full, 64"})
    void guardSeesTheAnswerBeforeTheClient(String mode, int tokens) {
        safety.enforce("{\"content\":{\"guard\":\"fake\"},\"promptAttack\":{\"model\":\"none\"},\"stream\":{\"mode\":\""
                + mode + "\",\"chunkTokens\":" + tokens + "}}");
        model.say("harmless words ".repeat(20) + "unsafe " + "never seen ".repeat(60));

        String stream = chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true")
                .extract()
                .asString();

        assertThat(content(stream)).doesNotContain("unsafe", "never");
        assertThat(content(stream).isEmpty()).isEqualTo(mode.equals("full"));
        assertThat(stream).contains("content_filter", "\"code\":\"S1\"");
        assertThat(safety.fake().queries().getLast().direction()).isEqualTo(Direction.OUTPUT);
    }

    @ParameterizedTest
    @CsvSource({
        "TIMEOUT, closed, 503", "UNAVAILABLE, closed, 503", "UNPARSEABLE, closed, 503",
        "UNAVAILABLE, open, 200", "UNAVAILABLE, annotate, 200", "MISCONFIGURED, open, 503"
    })
    void failedGuardFollowsTheFailureMode(String failure, String mode, int status) {
        safety.enforce(
                "{\"content\":{\"guard\":\"fake\"},\"promptAttack\":{\"model\":\"none\"},\"failure\":{\"input\":\""
                        + mode + "\",\"output\":\"" + mode + "\"},\"trace\":{\"response\":\"full\"}}");

        ValidatableResponse response = chat("\"messages\":[{\"role\":\"user\",\"content\":\"" + failure + "\"}]")
                .statusCode(status);

        if (status == 503) {
            response.body("error.code", equalTo("safety_unavailable")).header("Retry-After", notNullValue());
        } else {
            response.body("safety.degraded", equalTo(true)).body("safety.input.findings.code", hasItem(failure));
        }
    }

    @Test
    void slowGuardIsWaitedForAsLongAsThePolicySays() {
        safety.enforce("{\"content\":{\"guard\":\"slow\"},\"promptAttack\":{\"model\":\"none\"},"
                + "\"failure\":{\"timeoutMs\":50}}");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]")
                .statusCode(503)
                .body("error.code", equalTo("safety_unavailable"))
                .body("error.safety.input.findings.code", hasItem("TIMEOUT"));
    }

    @Test
    void guardThatFailsWithinAStreamEndsItLikeABlock() {
        safety.enforce("{\"content\":{\"guard\":\"fake\"},\"promptAttack\":{\"model\":\"none\"}}");
        model.say("so UNAVAILABLE");

        String stream = chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true")
                .statusCode(200)
                .extract()
                .asString();

        assertThat(content(stream)).isEmpty();
        assertThat(stream).contains("content_filter", "\"reason\":\"safety_unavailable\"");
    }
}
