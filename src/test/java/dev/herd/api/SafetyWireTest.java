package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.herd.engine.EngineStatus;
import dev.herd.engine.FinishReason;
import dev.herd.runtime.ScriptedOpener;
import dev.herd.safety.Action;
import dev.herd.safety.Direction;
import dev.herd.safety.SafetyDecision;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients see of a policy, on every surface, whole and streamed. */
@QuarkusTest
@TestProfile(SafetyWireProfile.class)
class SafetyWireTest {
    private static final String QUIET = "\"content\":{\"guard\":\"none\"},\"promptAttack\":{\"model\":\"none\"}";
    private static final String FOX = "{" + QUIET + ",\"words\":[{\"id\":\"animals\",\"terms\":[\"red fox\"],"
            + "\"input\":\"%s\",\"output\":\"%s\"}]}";

    @Inject
    ScriptedOpener model;

    @Inject
    ScriptedSafety safety;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
        awaitStatus(status -> status.running() + status.waiting() == 0);
    }

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
    void termAcrossPartsOfAMessageIsFound() {
        safety.enforce(FOX.formatted("block", "block"));

        chat("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"red\"},"
                        + "{\"type\":\"text\",\"text\":\" fox\"}]}]")
                .statusCode(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\":\"assistant\",\"content\":\"red fox\"}",
                "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"{\\\"v\\\":\\\"red fox\\\"}\"}",
                "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"<!-- red fox -->\"}",
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"v\\\":\\\"red fox\\\"}\"}}]}",
                "{\"role\":\"user\",\"content\":\"zzz " + "cmVkIGZveCByZWQgZm94IHJlZCBmb3g=" + "\"}",
            })
    void historyToolsAndEncodedTextAreJudged(String message) {
        safety.enforce(FOX.formatted("block", "block"));

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}," + message
                        + ",{\"role\":\"user\",\"content\":\"Go on\"}]")
                .statusCode(400)
                .body("error.code", equalTo("content_filter"));
    }

    @Test
    void systemMessageIsTrusted() {
        safety.enforce(FOX.formatted("block", "block"));

        chat("\"messages\":[{\"role\":\"system\",\"content\":\"Never say red fox.\"},"
                        + "{\"role\":\"user\",\"content\":\"Hi\"}]")
                .statusCode(200)
                .body("choices[0].message.content", equalTo("Hello, world!"))
                .body("safety", nullValue());
    }

    @Test
    void termThatBeginsInTheContinuedMessageIsFound() {
        safety.enforce(FOX.formatted("allow", "block"));
        model.say(" fox jumps");

        chat("\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"The red\"}],"
                        + "\"continue_final_message\":true,\"add_generation_prompt\":false")
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("content_filter"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void termThatBeginsInThePromptOfACompletionIsFound(boolean isStream) {
        safety.enforce(FOX.formatted("allow", "block"));
        model.say(" fox and more");

        String answer = post(
                        "/v1/completions",
                        "\"prompt\":[\"I see a red\",\"I see a blue\"],\"n\":2,\"echo\":true,\"stream\":" + isStream)
                .extract()
                .asString();

        assertThat(answer.split("\"finish_reason\":\"content_filter\"", -1)).hasSize(3);
        assertThat(answer.split("\"finish_reason\":\"stop\"", -1)).hasSize(3);
        assertThat(answer).doesNotContain("red fox");
    }

    @Test
    void completionsAreJudgedBothWays() {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("a red fox");

        post("/v1/completions", "\"prompt\":\"red fox\"").statusCode(400).body("error.param", equalTo("prompt"));
        post("/v1/completions", "\"prompt\":\"Hi\"")
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("content_filter"))
                .body("choices[0].text", containsString("withheld"));
        String stream = post("/v1/completions", "\"prompt\":\"Hi\",\"stream\":true")
                .extract()
                .asString();
        assertThat(stream).contains("\"text\":\"a").contains("content_filter").doesNotContain("fox");
    }

    @Test
    void tokenIdsAreJudgedByWhatTheyStandFor() {
        safety.enforce(FOX.formatted("block", "block"));
        String ids = java.util.Arrays.toString(model.model().tokenizer().encode("red fox"));

        post("/v1/completions", "\"prompt\":" + ids).statusCode(400).body("error.code", equalTo("content_filter"));
    }

    @Test
    void responsesAreJudgedBothWays() {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("a red fox");

        post("/v1/responses", "\"input\":\"red fox\"").statusCode(400).body("error.param", equalTo("input"));
        post("/v1/responses", "\"input\":\"Hi\"")
                .statusCode(200)
                .body("status", equalTo("incomplete"))
                .body("incomplete_details.reason", equalTo("content_filter"))
                .body("output[0].content[0].type", equalTo("refusal"))
                .body("output[0].content[0].refusal", containsString("withheld"))
                .body("safety.action", equalTo("block"));
        String stream = post("/v1/responses", "\"input\":\"Hi\",\"stream\":true")
                .extract()
                .asString();
        assertThat(stream)
                .contains("event: response.incomplete", "\"reason\":\"content_filter\"")
                .doesNotContain("fox");
    }

    @Test
    void llamaAnswersAreJudgedBothWays() {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("a red fox");
        String hi = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

        post("/llama/v1/chat/completions", "\"messages\":[{\"role\":\"user\",\"content\":\"red fox\"}]")
                .statusCode(400);
        post("/llama/v1/chat/completions", hi)
                .statusCode(200)
                .body("completion_message.stop_reason", equalTo("content_filter"))
                .body("completion_message.content.text", containsString("withheld"));
        String stream = post("/llama/v1/chat/completions", hi + ",\"stream\":true")
                .extract()
                .asString();
        assertThat(stream).contains("content_filter", "\"safety\"").doesNotContain("fox");
    }

    @Test
    void callsWaitUntilTheyAreCompleteAndAreBlockedWhole() {
        String tools = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":[{\"type\":\"function\","
                + "\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\"}}}]";
        safety.enforce(FOX.formatted("block", "block"));
        model.say("{\"name\": \"look\", \"parameters\": {\"at\": \"a llama\"}}");

        String passed = chat(tools + ",\"stream\":true").extract().asString();
        model.say("{\"name\": \"look\", \"parameters\": {\"at\": \"a red\\u0020fox\"}}");
        String blocked = chat(tools + ",\"stream\":true").extract().asString();

        assertThat(passed).contains("\"name\":\"look\",\"arguments\":\"\"", "\"arguments\":\"{\\\"at\\\"");
        assertThat(passed.split("\"arguments\":", -1)).hasSize(3);
        assertThat(blocked).contains("content_filter").doesNotContain("tool_calls\":[", "look\",");
        chat(tools)
                .body("choices[0].message.tool_calls", nullValue())
                .body("choices[0].finish_reason", equalTo("content_filter"));
    }

    private static final String TOOLS = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"logprobs\":true,"
            + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\"}}}]";

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logProbabilitiesDoNotTellWhatABlockedCallSays(boolean isStream) {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("{\"name\": \"look\", \"parameters\": {\"at\": \"a red fox\"}}");

        String answer = chat(TOOLS + ",\"stream\":" + isStream).extract().asString();

        assertThat(answer).contains("content_filter").doesNotContain("\"token\"", "fox");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logProbabilitiesDoNotTellWhatIsReplacedInACall(boolean isStream) {
        safety.enforce("{" + QUIET + ",\"pii\":{\"output\":\"redact\"}}");
        model.say("{\"name\": \"look\", \"parameters\": {\"at\": \"bob@example.org\"}}");

        String answer = chat(TOOLS + ",\"stream\":" + isStream).extract().asString();

        assertThat(answer).contains("[EMAIL]", "tool_calls").doesNotContain("\"token\"", "bob", "org");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void logProbabilitiesDoNotTellTextThatWasTakenForACall(boolean isStream) {
        safety.enforce(FOX.formatted("block", "block"));
        model.say("{\"name\": a red fox");

        String answer = chat(TOOLS + ",\"stream\":" + isStream).extract().asString();

        assertThat(answer).contains("content_filter").doesNotContain("fox");
    }

    @Test
    void logProbabilitiesOfACallThatPassesAreComplete() {
        String call = "{\"name\": \"look\", \"parameters\": {\"at\": \"a llama\"}}";
        safety.enforce(FOX.formatted("block", "block"));
        model.say(call);

        List<String> tokens = chat(TOOLS)
                .body("choices[0].finish_reason", equalTo("tool_calls"))
                .extract()
                .path("choices[0].logprobs.content.token");

        assertThat(String.join("", tokens)).isEqualTo(call);
    }

    @Test
    void alternativesDoNotTellWhatMayNotBeSaid() {
        int other = model.model().tokenizer().encode("a tell")[1];
        String word = model.model().tokenizer().decode(other).strip();
        String question = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"logprobs\":true,\"top_logprobs\":2,"
                + "\"logit_bias\":{\"" + other + "\":20}";
        String path = "choices[0].logprobs.content[0].top_logprobs.token";
        safety.enforce("{" + QUIET + "}");
        List<String> before = chat(question).extract().path(path);

        safety.enforce("{" + QUIET + ",\"words\":[{\"id\":\"w\",\"terms\":[\"" + word + "\"],\"output\":\"block\"}]}");
        List<String> after = chat(question)
                .body("choices[0].message.content", equalTo("Hello, world!"))
                .extract()
                .path(path);

        assertThat(before).hasSize(2).last().asString().contains(word);
        assertThat(after).containsExactly(before.getFirst());
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

    private static ValidatableResponse chat(String fields) {
        return post("/v1/chat/completions", fields);
    }

    private static ValidatableResponse post(String path, String fields) {
        return given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\"," + fields + "}")
                .post(path)
                .then();
    }

    private static String content(String stream) {
        StringBuilder content = new StringBuilder();
        java.util.regex.Matcher deltas = java.util.regex.Pattern.compile("\"delta\":\\{\"content\":\"([^\"]*)\"")
                .matcher(stream);
        while (deltas.find()) {
            content.append(deltas.group(1));
        }
        return content.toString();
    }

    private long cancelled() {
        return model.model().engine().status().finished().getOrDefault(FinishReason.CANCELLED, 0L);
    }

    private void awaitStatus(Predicate<EngineStatus> condition) {
        EngineStatus status = model.model().engine().status();
        for (int glances = 0; glances < 6000 && !condition.test(status); glances++) {
            LockSupport.parkNanos(5_000_000);
            status = model.model().engine().status();
        }
        assertThat(status).matches(condition, "has come to the state that was waited for");
    }
}
