package dev.herd.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is judged: every message, every endpoint, calls and alternatives. */
@QuarkusTest
@TestProfile(SafetyWireProfile.class)
class SafetySurfacesWireTest extends SafetyWire {
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
}
