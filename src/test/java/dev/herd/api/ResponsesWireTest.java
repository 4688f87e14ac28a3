package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;

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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class ResponsesWireTest {
    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"name\":\"get_weather\",\"parameters\":"
            + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}},"
            + "{\"type\":\"function\",\"name\":\"now\"}]";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    @AfterEach
    void release() {
        model.runner().release();
    }

    @Test
    void turnIsAnsweredWhole() {
        ask("\"input\":\"Hi\",\"instructions\":\"Be brief.\",\"metadata\":{\"a\":\"b\"},\"temperature\":0.5")
                .statusCode(200)
                .body("id", matchesPattern("resp_[0-9a-f]{32}"))
                .body("object", equalTo("response"))
                .body("status", equalTo("completed"))
                .body("error", nullValue())
                .body("incomplete_details", nullValue())
                .body("instructions", equalTo("Be brief."))
                .body("metadata.a", equalTo("b"))
                .body("temperature", equalTo(0.5f))
                .body("output", hasSize(1))
                .body("output[0].type", equalTo("message"))
                .body("output[0].role", equalTo("assistant"))
                .body("output[0].status", equalTo("completed"))
                .body("output[0].content[0].type", equalTo("output_text"))
                .body("output[0].content[0].text", equalTo("Hello, world!"))
                .body("usage.input_tokens", greaterThan(5))
                .body("usage.output_tokens_details.reasoning_tokens", equalTo(0));
    }

    @Test
    void answerThatIsCutIsIncomplete() {
        ask("\"input\":\"Hi\",\"max_output_tokens\":2")
                .statusCode(200)
                .body("status", equalTo("incomplete"))
                .body("incomplete_details.reason", equalTo("max_output_tokens"))
                .body("output[0].status", equalTo("incomplete"))
                .body("usage.output_tokens", equalTo(2));
    }

    @Test
    void streamHasTheEventsInOrder() throws Exception {
        model.say("Hi");
        int tokens = model.model().tokenizer().encode("Hi").length;

        List<JsonNode> events = events(ask("\"input\":\"Hi\",\"stream\":true")
                .statusCode(200)
                .contentType("text/event-stream")
                .extract()
                .asString());

        List<String> expected = new ArrayList<>(List.of(
                "response.created",
                "response.in_progress",
                "response.output_item.added",
                "response.content_part.added"));
        for (int i = 0; i < tokens; i++) {
            expected.add("response.output_text.delta");
        }
        expected.addAll(List.of(
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.completed"));
        assertThat(events.stream().map(event -> event.path("type").asText())).containsExactlyElementsOf(expected);
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
        }
        JsonNode response = events.getLast().path("response");
        assertThat(response.path("output")
                        .path(0)
                        .path("content")
                        .path(0)
                        .path("text")
                        .asText())
                .isEqualTo("Hi");
        get("/v1/responses/" + response.path("id").asText()).statusCode(200).body("status", equalTo("completed"));
    }

    @Test
    void streamThatFailsEndsWithTheFailure() throws Exception {
        int x = model.model().tokenizer().encode("x")[0];
        model.runner().say(x);
        model.runner().hold();
        long before = model.model().engine().status().generatedTokens();
        Thread.ofVirtual().start(() -> {
            model.runner().allow(4);
            while (model.model().engine().status().generatedTokens() < before + 4) {
                LockSupport.parkNanos(1_000_000);
            }
            LockSupport.parkNanos(100_000_000); // the events are on their way
            model.runner().failNext(new IllegalStateException("tensor 17 is on fire"));
            model.runner().release();
        });

        String stream = ask("\"input\":\"Hi\",\"stream\":true").extract().asString();

        assertThat(events(stream).getLast().path("type").asText()).isEqualTo("response.failed");
        assertThat(events(stream).getLast().at("/response/error/code").asText()).isEqualTo("server_error");
        assertThat(stream).doesNotContain("fire");
    }

    @Test
    void callsAreItemsOfTheirOwn() {
        model.say("One moment. [get_weather(city='Rome'), now()]");
        String id = ask("\"input\":\"Hi\"," + TOOLS)
                .statusCode(200)
                .body("status", equalTo("completed"))
                .body("output.type", contains("message", "function_call", "function_call"))
                .body("output[1].name", equalTo("get_weather"))
                .body("output[1].arguments", equalTo("{\"city\":\"Rome\"}"))
                .body("output[1].call_id", matchesPattern("call_.+"))
                .body("output[2].arguments", equalTo("{}"))
                .body("tools[0].name", equalTo("get_weather"))
                .extract()
                .path("id");
        String call = get("/v1/responses/" + id).extract().path("output[1].call_id");

        model.say("Sunny.");
        String output = "{\"type\":\"function_call_output\",\"call_id\":\"" + call + "\",\"output\":\"sunny\"}";
        ask("\"input\":[" + output + "],\"previous_response_id\":\"" + id + "\"," + TOOLS)
                .statusCode(200)
                .body("output[0].content[0].text", equalTo("Sunny."));
        ask("\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"type\":\"function_call\",\"call_id\":\"c\","
                        + "\"name\":\"now\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\","
                        + "\"call_id\":\"c\",\"output\":[{\"type\":\"input_text\",\"text\":\"noon\"}]}]")
                .statusCode(200)
                .body("status", equalTo("completed"));
    }

    @Test
    void callsAreStreamedAsItemsOfTheirOwn() throws Exception {
        model.say("[get_weather(city='Rome'), now()]");

        List<JsonNode> events = events(ask("\"input\":\"Hi\",\"stream\":true," + TOOLS)
                .statusCode(200)
                .extract()
                .asString());

        StringBuilder arguments = new StringBuilder();
        for (JsonNode event : events) {
            if (event.path("type").asText().equals("response.function_call_arguments.delta")
                    && event.path("output_index").asInt() == 0) {
                arguments.append(event.path("delta").asText());
            }
        }
        assertThat(arguments).hasToString("{\"city\":\"Rome\"}");
        assertThat(events.stream().map(event -> event.path("type").asText()).filter(type -> !type.endsWith(".delta")))
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        assertThat(events.getLast().at("/response/output/1/name").asText()).isEqualTo("now");
    }

    @Test
    void storedResponseIsShownAndForgotten() {
        String id = ask("\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},"
                        + "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"there\"}]}]")
                .statusCode(200)
                .extract()
                .path("id");

        get("/v1/responses/" + id).statusCode(200).body("id", equalTo(id)).body("status", equalTo("completed"));
        get("/v1/responses/" + id + "/input_items")
                .statusCode(200)
                .body("object", equalTo("list"))
                .body("data.role", contains("user", "user"))
                .body("data[0].content[0].type", equalTo("input_text"))
                .body("data[1].content[0].text", equalTo("there"))
                .body("has_more", equalTo(false));
        ErrorWireTest.envelope(get("/v1/responses/" + id + "?stream=true"), 400);
        ErrorWireTest.envelope(post("/v1/responses/" + id + "/cancel", ""), 400);
        given().delete("/v1/responses/" + id).then().statusCode(200).body("deleted", equalTo(true));
        ErrorWireTest.envelope(get("/v1/responses/" + id), 404).body("error.code", equalTo("response_not_found"));
        ErrorWireTest.envelope(given().delete("/v1/responses/" + id).then(), 404);
    }

    @Test
    void responseThatIsNotToBeStoredIsNot() {
        String id = ask("\"input\":\"Hi\",\"store\":false")
                .statusCode(200)
                .body("store", equalTo(false))
                .extract()
                .path("id");

        ErrorWireTest.envelope(get("/v1/responses/" + id), 404);
    }

    @Test
    void laterTurnGoesOnWithTheEarlier() {
        String id = ask("\"input\":\"Hi\",\"instructions\":\"Never kept.\"")
                .extract()
                .path("id");
        int expected = post(
                        "/tokenize",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},"
                                + "{\"role\":\"assistant\",\"content\":\"Hello, world!\"},"
                                + "{\"role\":\"user\",\"content\":\"Again\"}]}")
                .extract()
                .path("count");

        ask("\"input\":\"Again\",\"previous_response_id\":\"" + id + "\"")
                .statusCode(200)
                .body("previous_response_id", equalTo(id))
                .body("usage.input_tokens", equalTo(expected));
        ErrorWireTest.envelope(ask("\"input\":\"Again\",\"previous_response_id\":\"resp_0\""), 400)
                .body("error.code", equalTo("previous_response_not_found"))
                .body("error.param", equalTo("previous_response_id"));
    }

    @Test
    void responseInTheBackgroundIsReadyLater() {
        model.runner().hold();
        String id = ask("\"input\":\"Hi\",\"background\":true")
                .statusCode(200)
                .body("status", equalTo("queued"))
                .body("output", hasSize(0))
                .extract()
                .path("id");
        get("/v1/responses/" + id).body("status", equalTo("in_progress"));

        model.runner().release();

        for (int glances = 0; glances < 1000 && status(id).equals("in_progress"); glances++) {
            LockSupport.parkNanos(5_000_000);
        }
        get("/v1/responses/" + id)
                .body("status", equalTo("completed"))
                .body("output[0].content[0].text", equalTo("Hello, world!"));
        post("/v1/responses/" + id + "/cancel", "").statusCode(200).body("status", equalTo("completed"));
    }

    @Test
    void responseInTheBackgroundIsCancelled() {
        model.runner().say(model.model().tokenizer().encode("x")[0]);
        model.runner().hold();
        String id = ask("\"input\":\"Hi\",\"background\":true").extract().path("id");

        post("/v1/responses/" + id + "/cancel", "").statusCode(200).body("status", equalTo("cancelled"));
        model.runner().allow(3);

        for (int glances = 0; glances < 1000 && model.model().engine().status().running() > 0; glances++) {
            LockSupport.parkNanos(5_000_000);
            model.runner().allow(1);
        }
        assertThat(model.model().engine().status().running()).isZero();
        assertThat(status(id)).isEqualTo("cancelled");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "store":true                                                            | input                  | missing_required_parameter
                    "input":7                                                               | input                  | invalid_type
                    "input":[]                                                              | input                  | invalid_value
                    "input":[7]                                                             | input[0]               | invalid_type
                    "input":[{"role":"user"}]                                               | input[0].content       | missing_required_parameter
                    "input":[{"content":"a"}]                                               | input[0].role          | missing_required_parameter
                    "input":"a","instructions":7                                            | instructions           | invalid_type
                    "instructions":"a","input":[{"role":"user","content":7}]                | input[0].content       | invalid_type
                    "input":[{"role":"user","content":[{"type":"input_text"}]}]             | input[0].content[0].text | missing_required_parameter
                    "input":[{"role":"user","content":[{"type":"input_file"}]}]             | input[0].content[0].type | unsupported_parameter
                    "input":[{"type":"item_reference","id":"x"}]                            | input[0].type          | unsupported_parameter
                    "input":[{"type":"mood"}]                                               | input[0].type          | invalid_value
                    "input":"a","max_output_tokens":0                                       | max_output_tokens      | invalid_value
                    "input":"a","temperature":3                                             | temperature            | invalid_value
                    "input":"a","truncation":"auto"                                         | truncation             | unsupported_parameter
                    "input":"a","include":["x"]                                             | include                | unsupported_parameter
                    "input":"a","reasoning":{"effort":"high"}                               | reasoning              | unsupported_parameter
                    "input":"a","conversation":"c"                                          | conversation           | unsupported_parameter
                    "input":"a","background":true,"stream":true                             | background             | unsupported_parameter
                    "input":"a","tools":[{"type":"web_search"}]                             | tools[0].type          | unsupported_parameter
                    "input":"a","tools":[{"type":"function","name":"a b"}]                  | tools[0].name          | invalid_value
                    "input":"a","text":{"format":{"type":"json_schema","name":"a b","schema":{}}} | text.format.name    | invalid_value
                    "input":"a","text":{"format":{"type":"json_schema","name":"a","schema":{"not":{}}}} | text.format.schema.not | invalid_value
                    "input":"a","service_tier":"flex"                                       | service_tier           | unsupported_parameter
                    "input":"a","top_k":-2                                                  | top_k                  | invalid_value
                    """)
    void wrongFieldIsNamedInTheClientsTerms(String fields, String param, String code) {
        ErrorWireTest.envelope(ask(fields), 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo(code));
    }

    @Test
    void fieldsWithoutEffectAreNamedInTheClientsTerms() {
        ask("\"input\":\"a\",\"user\":\"u\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"a\","
                        + "\"description\":\"An a.\",\"schema\":{\"const\":1}}}")
                .statusCode(200)
                .header("X-Ignored-Params", equalTo("text.format.description, user"));
    }

    @Test
    void inputBeyondTheContextIsRefused() {
        ErrorWireTest.envelope(ask("\"input\":\"" + "7 ".repeat(WireTestProfile.CONTEXT) + "\""), 400)
                .body("error.code", equalTo("context_length_exceeded"))
                .body("error.param", equalTo("input"));
    }

    private static String status(String id) {
        return get("/v1/responses/" + id).extract().path("status");
    }

    private static List<JsonNode> events(String stream) throws Exception {
        List<JsonNode> events = new ArrayList<>();
        for (String event : stream.split("\n\n", -1)) {
            if (event.startsWith("event: ")) {
                String[] lines = event.split("\n", -1);
                JsonNode data = JSON.readTree(lines[1].substring("data: ".length()));
                assertThat(lines[0]).isEqualTo("event: " + data.path("type").asText());
                events.add(data);
            }
        }
        return events;
    }

    private static ValidatableResponse ask(String fields) {
        return post("/v1/responses", "{\"model\":\"herd-tiny\"," + fields + "}");
    }

    private static ValidatableResponse post(String path, String body) {
        return given().contentType(ContentType.JSON).body(body).post(path).then();
    }

    private static ValidatableResponse get(String path) {
        return given().get(path).then();
    }
}
