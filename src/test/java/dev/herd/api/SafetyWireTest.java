package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.herd.safety.Action;
import dev.herd.safety.Direction;
import dev.herd.safety.SafetyDecision;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients see of a policy that blocks or replaces, whole and streamed. */
@QuarkusTest
@TestProfile(SafetyWireProfile.class)
class SafetyWireTest extends SafetyWire {
    @Test
    void blockedInputIsAnErrorThatSaysWhy() {
        safety.enforce(FOX.formatted("block", "block"));

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"see the RED FOX\"}]")
                .statusCode(400)
                .header("X-Safety-Policy", nullValue())
                .body("error.type", equalTo("invalid_request_error"))
                .body("error.code", equalTo("content_filter"))
                .body("error.param", equalTo("messages"))
                .body("error.safety.policy", equalTo("p1@7"))
                .body("error.safety.action", equalTo("block"))
                .body("error.safety.input.findings.code", equalTo(List.of("animals")))
                .body("error.safety.id", startsWith("sa_"));
        SafetyDecision decision = safety.decisions().getFirst();
        assertThat(decision.direction()).isEqualTo(Direction.INPUT);
        assertThat(decision.effective()).isEqualTo(Action.BLOCK);
        assertThat(decision.findings().getFirst().span()).isEqualTo("0:8-15");
        assertThat(model.model().engine().status().running()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockedInputIsAMessageIfThePolicyWants(boolean isStream) {
        safety.enforce(FOX.formatted("block", "block")
                .replaceFirst(
                        "\\{",
                        "{\"messages\":{\"inputStyle\":\"message\",\"inputBlocked\":\"No foxes.\","
                                + "\"outputStyle\":\"content\"},"));

        ValidatableResponse response = chat("\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}],\"stream\":"
                        + isStream)
                .statusCode(200);

        if (isStream) {
            String stream = response.extract().asString();
            assertThat(stream)
                    .contains("\"content\":\"No foxes.\"", "\"finish_reason\":\"content_filter\"")
                    .endsWith("data: [DONE]\n\n");
        } else {
            response.body("choices[0].message.content", equalTo("No foxes."))
                    .body("choices[0].finish_reason", equalTo("content_filter"))
                    .body("usage.completion_tokens", equalTo(0))
                    .header("X-Safety-Action", equalTo("block"));
        }
    }

    @Test
    void messageIsInTheClientsLanguage() {
        safety.enforce(FOX.formatted("block", "block")
                .replaceFirst(
                        "\\{",
                        "{\"messages\":{\"locales\":[{\"locale\":\"de\",\"inputBlocked\":\"Kein Fuchs.\","
                                + "\"outputBlocked\":\"-\"}]},"));

        given().contentType(ContentType.JSON)
                .header("Accept-Language", "de-CH, en;q=0.4")
                .body("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}]}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(400)
                .body("error.message", equalTo("Kein Fuchs."));
    }

    @Test
    void blockedAnswerIsARefusalAndItsTokensCount() {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("I saw a red fox run");
        int generated = model.model().tokenizer().encode("I saw a red fox").length;

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"logprobs\":true")
                .statusCode(200)
                .header("X-Safety-Policy", equalTo("p1@7"))
                .header("X-Safety-Action", equalTo("block"))
                .header("X-Safety-Assessment-Id", startsWith("sa_"))
                .body("choices[0].finish_reason", equalTo("content_filter"))
                .body("choices[0].message.content", nullValue())
                .body("choices[0].message.refusal", containsString("withheld"))
                .body("choices[0].logprobs.content", hasSize(0))
                .body("usage.completion_tokens", greaterThan(generated - 1))
                .body("safety.action", equalTo("block"))
                .body("safety.output.findings[0].code", equalTo("animals"))
                .body("safety.output.findings[0].score", nullValue());
    }

    @Test
    void blockedAnswerIsContentIfThePolicyWants() {
        safety.enforce(FOX.formatted("block", "block")
                .replaceFirst("\\{", "{\"messages\":{\"outputStyle\":\"content\",\"outputBlocked\":\"Sorry.\"},"));
        model.say("a red fox");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]")
                .body("choices[0].message.content", equalTo("Sorry."))
                .body("choices[0].message.refusal", nullValue())
                .body("choices[0].finish_reason", equalTo("content_filter"));
    }

    @Test
    void blockedStreamEndsBeforeTheTermAndCancelsTheEngine() {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("I saw a red fox " + "and more ".repeat(500));
        long cancelled = cancelled();

        String stream = chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true}")
                .statusCode(200)
                .extract()
                .asString();

        assertThat(content(stream)).isEqualTo("I saw a ");
        assertThat(stream)
                .contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"content_filter\"")
                .contains("\"safety\":{\"id\":\"sa_")
                .contains("\"completion_tokens\":")
                .doesNotContain("fox", "refusal\":\"The")
                .endsWith("data: [DONE]\n\n");
        awaitStatus(status -> status.running() == 0);
        assertThat(cancelled()).isEqualTo(cancelled + 1);
        assertThat(safety.decisions()).hasSize(2);
    }

    @Test
    void streamSaysWhyIfThePolicyWants() {
        safety.enforce(FOX.formatted("block", "block").replaceFirst("\\{", "{\"stream\":{\"onBlock\":\"message\"},"));
        model.say("a red fox");

        String stream = chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true")
                .extract()
                .asString();

        assertThat(stream).contains("\"delta\":{\"refusal\":\"The answer was withheld");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void redactionReachesTheModelAndTheClient(boolean isStream) {
        safety.enforce("{" + QUIET + ",\"pii\":{\"input\":\"redact\",\"output\":\"redact\"}}");
        model.say("Mail a@b.org or c@d.org, not a@b.org.");

        ValidatableResponse response =
                chat("\"messages\":[{\"role\":\"user\",\"content\":\"I am x@y.org\"}],\"logprobs\":true,\"stream\":"
                        + isStream);

        String shown = "Mail [EMAIL] or [EMAIL_2], not [EMAIL].";
        if (isStream) {
            String stream = response.extract().asString();
            assertThat(content(stream)).isEqualTo(shown);
            assertThat(stream).contains("\"redactions\":4").doesNotContain("org\"", "a@b");
        } else {
            response.body("choices[0].message.content", equalTo(shown))
                    .body("choices[0].finish_reason", equalTo("stop"))
                    .body(
                            "choices[0].logprobs.content.token",
                            everyItem(org.hamcrest.Matchers.not(containsString("org"))))
                    .body("safety.redactions", equalTo(4))
                    .body("safety.action", equalTo("redact"));
        }
        assertThat(safety.decisions().getFirst().redactedText()).isEqualTo("I am [EMAIL]");
    }

    @Test
    void oneChoiceIsBlockedAndTheOtherGoesOn() {
        safety.enforce("{\"content\":{\"guard\":\"fake\"},\"promptAttack\":{\"model\":\"none\"}}");
        model.say("all is well");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"n\":2")
                .body("choices.finish_reason", everyItem(equalTo("stop")));
        safety.enforce(FOX.formatted("block", "block"));
        model.say("a red fox");
        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"n\":2")
                .body("choices.finish_reason", everyItem(equalTo("content_filter")))
                .body("choices", hasSize(2));
    }

    @Test
    void shadowSaysWhatItWouldHaveDone() {
        safety.enforce(FOX.formatted("block", "block").replaceFirst("\\{", "{\"mode\":\"shadow\","));
        model.say("a red fox");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}]")
                .statusCode(200)
                .header("X-Safety-Action", equalTo("allow"))
                .body("choices[0].message.content", equalTo("a red fox"))
                .body("safety.mode", equalTo("shadow"))
                .body("safety.action", equalTo("allow"))
                .body("safety.wouldAction", equalTo("block"));
        chat("\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}],\"safety\":{\"mode\":\"enforce\"}")
                .statusCode(400);
    }

    @Test
    void traceIsNeverMoreThanThePolicyAllows() {
        safety.enforce("{" + QUIET + "}");
        String hi = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

        chat(hi).body("safety", nullValue());
        chat(hi + ",\"safety\":{\"trace\":\"full\"}")
                .body("safety.action", equalTo("allow"))
                .body("safety.latencyMs", nullValue());
        chat(hi + ",\"safety\":{\"mode\":\"shadow\"}").statusCode(400).body("error.param", equalTo("safety.mode"));
        safety.enforce("{" + QUIET + ",\"trace\":{\"response\":\"full\"}}");
        chat(hi).body("safety.latencyMs.input", notNullValue()).body("safety.coverage.textChars", greaterThan(2));
    }

    @Test
    void policyThatIsNotTheCallersIsNotThere() {
        safety.enforce("{" + QUIET + "}");

        given().contentType(ContentType.JSON)
                .header("X-Safety-Policy", "other@1")
                .body("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(404)
                .body("error.code", equalTo("policy_not_found"));
    }

    @Test
    void structuredAnswersStayValid() {
        safety.enforce("{" + QUIET + ",\"pii\":{\"output\":\"redact\"}}");
        model.say("{\"m\":\"a@b.org\"}");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"response_format\":{\"type\":\"json_object\"}")
                .body("choices[0].message.content", equalTo("{\"m\":\"[EMAIL]\"}"));
    }

    @Test
    void metricsCountDecisionsAndFindings() {
        safety.enforce(FOX.formatted("block", "block"));
        chat("\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}]").statusCode(400);

        assertThat(given().get("/q/metrics").then().extract().asString())
                .contains("herd_safety_decisions_total{action=\"block\",direction=\"input\"")
                .contains("category=\"own\"")
                .doesNotContain("animals");
    }
}
