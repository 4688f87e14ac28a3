package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

/** A model that wants to say something else, and requests that say what its answer must look like. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class StructuredOutputWireTest {
    private static final String HI = "\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    private static final String PERSON = "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\","
            + "\"maxLength\":8},\"age\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":150}},"
            + "\"required\":[\"name\",\"age\"],\"additionalProperties\":false}";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    private static ValidatableResponse ask(String fields, int status) {
        return given().contentType(ContentType.JSON)
                .body("{" + HI + "," + fields + "}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(status);
    }

    private static JsonNode answer(String fields) throws Exception {
        return JSON.readTree(ask(fields, 200).extract().asString());
    }

    @Test
    void everyChoiceIsAsTheSchemaWantsIt() throws Exception {
        JsonNode answer = answer("\"n\":2,\"max_tokens\":60,\"seed\":5,\"response_format\":{\"type\":\"json_schema\","
                + "\"json_schema\":{\"name\":\"person\",\"strict\":true,\"schema\":" + PERSON + "}}");

        for (JsonNode choice : answer.path("choices")) {
            JsonNode person =
                    JSON.readTree(choice.path("message").path("content").asText());
            assertThat(person.path("name").asText().codePoints().count()).isLessThanOrEqualTo(8);
            assertThat(person.path("age").isIntegralNumber()).isTrue();
            assertThat(person.path("age").intValue()).isBetween(0, 150);
            assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
        }
        assertThat(answer.path("choices")).hasSize(2);
    }

    @Test
    void aStreamIsAsTheFormatWantsIt() throws Exception {
        String events = ask("\"stream\":true,\"max_tokens\":40,\"response_format\":{\"type\":\"json_object\"}", 200)
                .extract()
                .asString();

        StringBuilder text = new StringBuilder();
        for (String line : events.split("\n", -1)) {
            if (line.startsWith("data: {")) {
                text.append(JSON.readTree(line.substring(6))
                        .path("choices")
                        .path(0)
                        .path("delta")
                        .path("content")
                        .asText(""));
            }
        }
        assertThat(JSON.readTree(text.toString()).isObject()).isTrue();
        assertThat(events).contains("\"finish_reason\":\"stop\"").endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "guided_regex":"[a-f]{3}[0-9]"                                          | [a-f]{3}[0-9]
                    "guided_choice":["yes","no"]                                            | yes|no
                    "structured_outputs":{"choice":["yes","no"]}                            | yes|no
                    "structured_outputs":{"regex":"x+y"}                                    | x+y
                    "structured_outputs":{"json":{"enum":[1,2]},"regex":null}               | 1|2
                    "structured_outputs":{"json_object":true,"disable_any_whitespace":true} | \\{.*}
                    "guided_json":"{\\"const\\":\\"a b\\"}"                                 | "a b"
                    "guided_grammar":"root ::= [0-9] (\\"-\\" [0-9])*"                      | [0-9](-[0-9])*
                    "grammar":"root ::= \\"(\\" root \\")\\" | \\"o\\""                     | \\(*o\\)*
                    "json_schema":{"type":"boolean"}                                        | true|false
                    "response_format":{"type":"json_object","schema":{"type":"null"}}       | null
                    "response_format":{"type":"text"},"grammar":""                          | Hello, world!
                    """)
    void extensionsAreHonoured(String fields, String pattern) throws Exception {
        JsonNode choice = answer("\"max_tokens\":30," + fields).path("choices").path(0);

        assertThat(choice.path("message").path("content").asText()).matches("(?s)" + pattern);
        assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '^', textBlock = """
                    "response_format":7                                     ! response_format             ! invalid_type
                    "response_format":{}                                    ! response_format.type        ! missing_required_parameter
                    "response_format":{"type":"xml"}                        ! response_format.type        ! invalid_value
                    "response_format":{"type":"json_schema"}                ! response_format.json_schema ! missing_required_parameter
                    "response_format":{"type":"json_schema","json_schema":{"schema":{}}} ! response_format.json_schema.name ! missing_required_parameter
                    "response_format":{"type":"json_schema","json_schema":{"name":"a b","schema":{}}} ! response_format.json_schema.name ! invalid_value
                    "response_format":{"type":"json_schema","json_schema":{"name":"a","schema":[]}} ! response_format.json_schema.schema ! invalid_type
                    "response_format":{"type":"json_schema","json_schema":{"name":"a","strict":1,"schema":{}}} ! response_format.json_schema.strict ! invalid_type
                    "response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"properties":{"p":{"not":{}}}}}} ! response_format.json_schema.schema.properties.p.not ! invalid_value
                    "guided_regex":"(?=a)"                                  ! guided_regex                ! invalid_value
                    "guided_choice":[]                                      ! guided_choice               ! invalid_type
                    "guided_choice":[1]                                     ! guided_choice               ! invalid_type
                    "guided_json":7                                         ! guided_json                 ! invalid_type
                    "guided_json":"{"                                       ! guided_json                 ! invalid_value
                    "grammar":"x"                                           ! grammar                     ! invalid_value
                    "grammar":"root ::= root"                               ! grammar                     ! invalid_value
                    "structured_outputs":{}                                 ! structured_outputs          ! invalid_value
                    "structured_outputs":{"regex":"a","json":{}}            ! structured_outputs          ! invalid_value
                    "structured_outputs":{"structural_tag":"a"}             ! structured_outputs.structural_tag ! unsupported_parameter
                    "structured_outputs":{"regex":7}                        ! structured_outputs.regex    ! invalid_type
                    """)
    void whatCannotBeHonouredIsNamed(String fields, String param, String code) {
        ask(fields, 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo(code))
                .body("error.type", equalTo("invalid_request_error"));
    }

    @Test
    void twoFormsAreOneTooMany() {
        ask("\"guided_regex\":\"a\",\"grammar\":\"root ::= \\\"a\\\"\"", 400)
                .body("error.code", equalTo("invalid_value"))
                .body("error.message", startsWith("The form of the answer is asked for twice"));
    }

    @Test
    void aBudgetThatCannotSufficeEndsWithLength() throws Exception {
        JsonNode choice = answer("\"max_tokens\":3,\"guided_regex\":\"[a-c]{200}\"")
                .path("choices")
                .path(0);

        assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
        assertThat(choice.path("message").path("content").asText()).matches("[a-c]+");
    }

    @Test
    void completionsAreConstrainedToo() {
        given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"prompt\":\"Hi\",\"guided_regex\":\"[xyz]{4}\"}")
                .post("/v1/completions")
                .then()
                .statusCode(200)
                .body("choices[0].text", matchesPattern("[xyz]{4}"));
    }
}
