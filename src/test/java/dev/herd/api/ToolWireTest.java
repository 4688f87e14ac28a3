package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class ToolWireTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
            + "\"description\":\"Weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":"
            + "\"string\"}},\"required\":[\"city\"]}}},{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]";
    private static final String QUESTION =
            "\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"}]";

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[get_weather(city=\"Rome\")]",
                "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}",
                "<function=get_weather>{\"city\": \"Rome\"}</function>"
            })
    void callIsNoContent(String text) {
        model.say(text);

        ask(QUESTION + "," + TOOLS)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("tool_calls"))
                .body("choices[0].message.content", nullValue())
                .body("choices[0].message.tool_calls", hasSize(1))
                .body("choices[0].message.tool_calls[0].id", matchesPattern("call_[0-9a-f]{32}"))
                .body("choices[0].message.tool_calls[0].type", equalTo("function"))
                .body("choices[0].message.tool_calls[0].function.name", equalTo("get_weather"))
                .body("choices[0].message.tool_calls[0].function.arguments", equalTo("{\"city\":\"Rome\"}"));
    }

    @Test
    void callBetweenPythonTokensIsRead() {
        int[] text = model.model().tokenizer().encode("[now()]");
        int[] script = new int[text.length + 3];
        script[0] = special("<|python_start|>");
        System.arraycopy(text, 0, script, 1, text.length);
        script[text.length + 1] = special("<|python_end|>");
        script[text.length + 2] = special("<|eom|>");
        model.runner().say(script);

        ask(QUESTION + "," + TOOLS)
                .statusCode(200)
                .body("choices[0].message.content", nullValue())
                .body("choices[0].message.tool_calls[0].function.name", equalTo("now"))
                .body("choices[0].finish_reason", equalTo("tool_calls"));
    }

    private int special(String name) {
        return model.model().tokenizer().special(name).orElseThrow();
    }

    @Test
    void proseAndSeveralCallsAreToldApart() {
        model.say("One moment. [get_weather(city='Rome'), now()]");

        ask(QUESTION + "," + TOOLS)
                .statusCode(200)
                .body("choices[0].message.content", equalTo("One moment."))
                .body("choices[0].message.tool_calls.function.name", equalTo(List.of("get_weather", "now")))
                .body(
                        "choices[0].message.tool_calls.function.arguments",
                        equalTo(List.of("{\"city\":\"Rome\"}", "{}")));
    }

    @Test
    void onlyOneCallIsMadeWhenSeveralAreNotAllowed() {
        model.say("[get_weather(city='Rome'), now()]");

        ask(QUESTION + ",\"parallel_tool_calls\":false," + TOOLS)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("tool_calls"))
                .body("choices[0].message.tool_calls.function.name", equalTo(List.of("get_weather")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"tool_choice\":\"none\"," + TOOLS})
    void textStaysTextWithoutTools(String fields) {
        model.say("[now()]");

        ask(QUESTION + fields)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("stop"))
                .body("choices[0].message.content", equalTo("[now()]"))
                .body("choices[0].message.keySet()", not(hasItem("tool_calls")));
    }

    @Test
    void textThatOnlyLooksLikeACallIsContent() {
        model.say("[4, 5] and [later(x=1)] and {\"name\": 3}");

        ask(QUESTION + "," + TOOLS)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("stop"))
                .body("choices[0].message.content", equalTo("[4, 5] and [later(x=1)] and {\"name\": 3}"));
    }

    @Test
    void callThatIsCutOffEndsByLengthWithValidArguments() throws Exception {
        String text = "[get_weather(city=\"Rome and its";
        model.say(text);
        int length = model.model().tokenizer().encode(text).length;

        String arguments = ask(QUESTION + ",\"max_tokens\":" + length + "," + TOOLS)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("length"))
                .extract()
                .path("choices[0].message.tool_calls[0].function.arguments");

        assertThat(JSON.readTree(arguments).path("city").asText()).isEqualTo("Rome and its");
    }

    @Test
    void streamedCallsComeByIndexNameFirst() throws Exception {
        model.say("Let me see. [get_weather(city='Rome'), now()]");

        List<JsonNode> choices = stream(QUESTION + ",\"stream\":true," + TOOLS);

        assertThat(choices.getFirst().path("delta").path("role").asText()).isEqualTo("assistant");
        assertThat(choices.getLast().path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(choices.getLast().path("delta")).isEmpty();
        StringBuilder content = new StringBuilder();
        List<StringBuilder> calls = new ArrayList<>();
        for (JsonNode choice : choices.subList(1, choices.size() - 1)) {
            JsonNode delta = choice.path("delta");
            content.append(delta.path("content").asText());
            for (JsonNode call : delta.path("tool_calls")) {
                int index = call.path("index").asInt(-1);
                if (index == calls.size()) {
                    assertThat(call.path("id").asText()).startsWith("call_");
                    assertThat(call.path("type").asText()).isEqualTo("function");
                    assertThat(call.path("function").path("arguments").asText()).isEmpty();
                    calls.add(
                            new StringBuilder(call.path("function").path("name").asText()));
                } else {
                    assertThat(index).isEqualTo(calls.size() - 1);
                    assertThat(call.has("id")
                                    || call.has("type")
                                    || call.path("function").has("name"))
                            .isFalse();
                    calls.get(index)
                            .append(call.path("function").path("arguments").asText());
                }
            }
        }
        assertThat(content.toString()).isEqualTo("Let me see.");
        assertThat(calls.stream().map(StringBuilder::toString))
                .containsExactly("get_weather{\"city\":\"Rome\"}", "now{}");
    }

    private static List<JsonNode> stream(String fields) throws Exception {
        List<JsonNode> choices = new ArrayList<>();
        for (String line : ask(fields).statusCode(200).extract().asString().split("\n", -1)) {
            if (line.startsWith("data: {")) {
                choices.add(JSON.readTree(line.substring(6)).path("choices").path(0));
            }
        }
        return choices;
    }

    @Test
    void eachChoiceHasItsOwnCalls() {
        model.say("[now()]");

        ask(QUESTION + ",\"n\":2," + TOOLS)
                .statusCode(200)
                .body("choices[0].message.tool_calls", hasSize(1))
                .body("choices[1].message.tool_calls", hasSize(1));
    }

    @Test
    void allowedToolsNarrowTheChoice() {
        model.say("[now()] or [get_weather(city='Rome')]");

        ask(QUESTION
                        + ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":["
                        + "{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}]}}," + TOOLS)
                .statusCode(200)
                .body("choices[0].message.content", equalTo("[now()] or"))
                .body("choices[0].message.tool_calls.function.name", equalTo(List.of("get_weather")));
    }

    @Test
    void callsAndResultsOfTheConversationAreShownToTheModel() {
        model.say("Sunny.");
        String before = "\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"},"
                + "{\"role\":\"assistant\",\"content\":null";
        String after = "},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"sunny\"}]";

        int with = promptTokens(before
                + ",\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
                + "\"arguments\":\"{\\\"city\\\":\\\"Rome\\\"}\"}}]" + after);
        int without = promptTokens(before + after);

        int call = model.model()
                        .tokenizer()
                        .encode("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}")
                        .length
                + 2;
        assertThat(with - without).isEqualTo(call);
    }

    private static int promptTokens(String fields) {
        return ask(fields).statusCode(200).extract().path("usage.prompt_tokens");
    }

    @Test
    void requiredChoiceMakesAnAnswerOfValidCalls() throws Exception {
        model.say("I would rather talk.");

        for (boolean isStreamed : new boolean[] {false, true}) {
            for (int seed = 0; seed < 4; seed++) {
                String fields =
                        QUESTION + ",\"tool_choice\":\"required\",\"max_tokens\":80,\"parallel_tool_calls\":false,"
                                + "\"seed\":" + seed + "," + TOOLS;
                JsonNode call = isStreamed ? accumulated(fields) : whole(fields);
                JsonNode arguments = JSON.readTree(call.path("arguments").asText());
                assertThat(call.path("name").asText()).isIn("get_weather", "now");
                if (call.path("name").asText().equals("now")) {
                    assertThat(arguments).isEqualTo(JSON.readTree("{}"));
                } else {
                    assertThat(arguments.path("city").isTextual()).isTrue();
                }
            }
        }
    }

    @Test
    void namedFunctionIsCalledOnce() throws Exception {
        model.say("{\"name\": \"now\", \"parameters\": {}}");

        JsonNode call = whole(QUESTION
                + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}},\"max_tokens\":60,"
                + TOOLS);

        assertThat(call.path("name").asText()).isEqualTo("get_weather");
        assertThat(JSON.readTree(call.path("arguments").asText()).path("city").isTextual())
                .isTrue();
    }

    private static JsonNode whole(String fields) {
        String body = ask(fields)
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("tool_calls"))
                .body("choices[0].message.content", nullValue())
                .body("choices[0].message.tool_calls", hasSize(1))
                .extract()
                .asString();
        try {
            return JSON.readTree(body).at("/choices/0/message/tool_calls/0/function");
        } catch (JsonProcessingException malformed) {
            throw new AssertionError(body, malformed);
        }
    }

    private static JsonNode accumulated(String fields) throws Exception {
        List<JsonNode> choices = stream(fields + ",\"stream\":true");
        StringBuilder arguments = new StringBuilder();
        String name = "";
        for (JsonNode choice : choices) {
            JsonNode function = choice.at("/delta/tool_calls/0/function");
            name += function.path("name").asText("");
            arguments.append(function.path("arguments").asText(""));
        }
        assertThat(choices.getLast().path("finish_reason").asText()).isEqualTo("tool_calls");
        return JSON.createObjectNode().put("name", name).put("arguments", arguments.toString());
    }

    @Test
    void strictFunctionIsHeldToItsSchemaAndProseIsFree() throws Exception {
        String strict = TOOLS.replace("\"name\":\"get_weather\",", "\"name\":\"get_weather\",\"strict\":true,")
                .replace("\"required\":[\"city\"]", "\"required\":[\"city\"],\"additionalProperties\":false");
        model.say("Well. {\"name\": \"get_weather\", \"parameters\": {\"town\": 5}}");

        String arguments = ask(QUESTION + ",\"max_tokens\":80," + strict)
                .statusCode(200)
                .body("choices[0].message.content", startsWith("Well."))
                .extract()
                .path("choices[0].message.tool_calls[0].function.arguments");

        JsonNode read = JSON.readTree(arguments);
        assertThat(read.path("city").isTextual()).isTrue();
        assertThat(read).hasSize(1);
        model.say("Just words, [1, 2] and {\"a\": 3}.");
        ask(QUESTION + "," + strict)
                .statusCode(200)
                .body("choices[0].message.content", equalTo("Just words, [1, 2] and {\"a\": 3}."));
    }

    @Test
    void schemaThatCannotBeKeptIsRefusedForAStrictFunctionOnly() {
        String tool = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":"
                + "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"https://example.com/a\"}}}}}]";
        model.say("[f()]");

        ask(QUESTION + "," + tool).statusCode(400).body("error.param", startsWith("tools[0].function.parameters"));
        ask(QUESTION + "," + tool.replace("true", "false")).statusCode(200);
    }

    private static ValidatableResponse ask(String fields) {
        return given().contentType(ContentType.JSON)
                .body("{" + fields + "}")
                .post("/v1/chat/completions")
                .then();
    }
}
