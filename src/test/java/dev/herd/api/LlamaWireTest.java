package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class LlamaWireTest {
    private static final String HI =
            "\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"Hi\"}}]";

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    @Test
    void conversationIsAnsweredWithOneMessage() {
        int tokens = model.model().tokenizer().encode("Hello, world!").length + 1;

        ask(HI).statusCode(200)
                .body("completion_message.role", equalTo("assistant"))
                .body("completion_message.content.type", equalTo("text"))
                .body("completion_message.content.text", equalTo("Hello, world!"))
                .body("completion_message.stop_reason", equalTo("stop"))
                .body("metrics.metric", contains("num_completion_tokens", "num_prompt_tokens", "num_total_tokens"))
                .body("metrics[0].value", equalTo((float) tokens));
        ask(HI + ",\"max_completion_tokens\":1").body("completion_message.stop_reason", equalTo("length"));
    }

    @Test
    void streamStartsProgressesCompletesAndMeasures() {
        String stream = ask(HI + ",\"stream\":true")
                .statusCode(200)
                .contentType("text/event-stream")
                .extract()
                .asString();

        String types = stream.replaceAll("(?s).*?(\"event_type\":\"(.)|$)[^\n]*\n?", "$2");
        assertThat(types).matches("sp+cm");
        assertThat(stream.replaceAll("(?s).*?(\"text\":\"([^\"]*)\"|$)[^\n]*\n?", "$2"))
                .isEqualTo("Hello, world!");
        assertThat(stream).contains("\"stop_reason\":\"stop\"").doesNotContain("[DONE]");
    }

    @Test
    void callsComeWithTheMessageAndInTheStream() {
        model.say("[now(zone='CET')]");
        String tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\",\"parameters\":"
                + "{\"type\":\"object\",\"properties\":{\"zone\":{\"type\":\"string\"}}}}}]";

        ask(HI + tools)
                .statusCode(200)
                .body("completion_message.stop_reason", equalTo("tool_calls"))
                .body("completion_message.tool_calls[0].function.name", equalTo("now"))
                .body("completion_message.tool_calls[0].function.arguments", equalTo("{\"zone\":\"CET\"}"));
        String stream = ask(HI + tools + ",\"stream\":true").extract().asString();

        assertThat(stream).contains("\"type\":\"tool_call\"", "\"name\":\"now\"", "\"stop_reason\":\"tool_calls\"");
    }

    @Test
    void modelsAreListed() {
        given().get("/llama/v1/models").then().statusCode(200).body("data.id", contains("herd-tiny"));
        given().get("/llama/v1/models/herd-tiny").then().statusCode(200).body("id", equalTo("herd-tiny"));
        ErrorWireTest.envelope(given().get("/llama/v1/models/other").then(), 404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "messages":[]                                    | messages              | invalid_value
                    "messages":[{"role":"bishop","content":"a"}]     | messages[0].role      | invalid_value
                    "messages":[{"role":"user","content":7}]         | messages[0].content   | invalid_type
                    "messages":[{"role":"user"}]                     | messages[0].content   | missing_required_parameter
                    "messages":[{"role":"user","content":"a"}],"n":2          | n             | unsupported_parameter
                    "messages":[{"role":"user","content":"a"}],"seed":2       | seed          | unsupported_parameter
                    "messages":[{"role":"user","content":"a"}],"stop":["a"]   | stop          | unsupported_parameter
                    "messages":[{"role":"user","content":"a"}],"top_p":2      | top_p         | invalid_value
                    """)
    void wrongFieldIsNamed(String fields, String param, String code) {
        ErrorWireTest.envelope(ask(fields), 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo(code));
    }

    private static ValidatableResponse ask(String fields) {
        return given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\"," + fields + "}")
                .post("/llama/v1/chat/completions")
                .then();
    }
}
