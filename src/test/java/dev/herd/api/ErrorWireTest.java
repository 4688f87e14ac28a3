package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class ErrorWireTest {
    private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{", "{\"model\":}", "nonsense", "{\"model\":\"herd-tiny\"} {}", "{\"a\":NaN}", "\"\\ud800"})
    void malformedJsonIsNamedSo(String body) {
        error(body, 400).body("error.code", equalTo("invalid_json"));
    }

    @Test
    void missingBodyIsNamedSo() {
        error("", 400).body("error.code", equalTo("invalid_json"));
    }

    @Test
    void deepNestingIsRefused() {
        error("{\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}", 400).body("error.code", equalTo("invalid_json"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "messages":"Hi"                                                        | messages
                    "messages":{}                                                          | messages
                    "messages":[1]                                                         | messages[0]
                    "messages":[{"role":"user","content":7}]                               | messages[0].content
                    "messages":[{"role":"user","content":[{"type":"text","text":[]}]}]     | messages[0].content[0].text
                    "messages":[{"role":"user","content":[3]}]                             | messages[0].content[0]
                    "messages":[{"role":7,"content":"Hi"}]                                 | messages[0].role
                    "temperature":"hot"                                                    | temperature
                    "temperature":"1"                                                      | temperature
                    "temperature":true                                                     | temperature
                    "max_tokens":1.5                                                       | max_tokens
                    "max_tokens":"5"                                                       | max_tokens
                    "n":99999999999                                                        | n
                    "seed":1e400                                                           | seed
                    "stream":"yes"                                                         | stream
                    "stream":1                                                             | stream
                    "stream_options":[]                                                    | stream_options
                    "stream_options":{"include_usage":3}                                   | stream_options.include_usage
                    "stop":{}                                                              | stop[0]
                    "stop":["a",{}]                                                        | stop[1]
                    "logit_bias":[]                                                        | logit_bias
                    "logit_bias":{"5":"x"}                                                 | logit_bias.5
                    "stop_token_ids":["x"]                                                 | stop_token_ids[0]
                    "tools":{}                                                             | tools
                    "tools":[{"type":"function","function":{"name":7}}]                    | tools[0].function.name
                    "tools":[{"type":"function","function":{"name":"f","parameters":[]}}]  | tools[0].function.parameters
                    "messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":{}}}]}] | messages[0].tool_calls[0].function.arguments
                    "min_tokens":"1"                                                       | min_tokens
                    "priority":1.5                                                         | priority
                    """)
    void wrongTypeNamesTheField(String field, String param) {
        error("{\"model\":\"herd-tiny\"," + field + "}", 400)
                .body("error.param", equalTo(param))
                .body("error.message", not(containsString("dev.herd")))
                .body("error.message", not(containsString("java.")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "model":null                       | 'model' must not be blank.
                    "messages":null                    | 'messages' must not be empty.
                    "messages":[null]                  | 'messages[0]' is required.
                    "seed":99999999999999999999        | 'seed' is too large a number.
                    "n":99999999999                    | 'n' is too large a number.
                    "temperature":2.5                  | 'temperature' must be at most 2.
                    "repetition_penalty":0             | 'repetition_penalty' must be greater than 0.
                    "n":0                              | 'n' must be at least 1.
                    "max_tokens":0                     | 'max_tokens' must be at least 1.
                    "stop":["a","b","c","d","e"]       | 'stop' must not be longer than 4.
                    """)
    void messageSaysWhatIsWanted(String field, String message) {
        error("{\"model\":\"herd-tiny\"," + HI + "," + field + "}", 400).body("error.message", equalTo(message));
    }

    @Test
    void numberBeyondAllMeasureIsNotCalledMalformed() {
        error("{\"model\":\"herd-tiny\"," + HI + ",\"seed\":" + "9".repeat(200) + "}", 400)
                .body("error.message", startsWith("The body nests too deeply or has too long a number or name"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "temperature":2.5                          | temperature
                    "temperature":-0.1                         | temperature
                    "top_p":1.01                               | top_p
                    "n":0                                      | n
                    "n":129                                    | n
                    "n":5                                      | n
                    "max_tokens":0                             | max_tokens
                    "max_completion_tokens":-1                 | max_completion_tokens
                    "stop":["a","b","c","d","e"]               | stop
                    "stop":""                                  | stop[0]
                    "logprobs":true,"top_logprobs":21          | top_logprobs
                    "top_logprobs":3                           | top_logprobs
                    "frequency_penalty":2.1                    | frequency_penalty
                    "presence_penalty":-2.1                    | presence_penalty
                    "top_k":-2                                 | top_k
                    "min_p":1.5                                | min_p
                    "repetition_penalty":0                     | repetition_penalty
                    "logit_bias":{"1":101}                     | logit_bias.1
                    "logit_bias":{"x":1}                       | logit_bias
                    "logit_bias":{"999999999":1}               | logit_bias
                    "stop_token_ids":[-1]                      | stop_token_ids[0]
                    "min_tokens":-1                            | min_tokens
                    "tools":[{"type":"f","function":{"name":"f"}}]              | tools[0].type
                    "tools":[{"type":"function","function":{"name":"a b"}}]     | tools[0].function.name
                    "tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}] | tools[1].function.name
                    "tool_choice":"required"                                    | tool_choice
                    "tool_choice":"sometimes"                                   | tool_choice
                    "tool_choice":{"type":"function","function":{"name":"f"}}   | tool_choice.function.name
                    "tool_choice":{"type":"tool"}                               | tool_choice.type
                    "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[]}} | tool_choice.allowed_tools.mode
                    "continue_final_message":true,"add_generation_prompt":true  | continue_final_message
                    """)
    void valueOutOfRangeNamesTheField(String field, String param) {
        error("{\"model\":\"herd-tiny\"," + HI + "," + field + "}", 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo("invalid_value"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    {"messages":[{"role":"user","content":"Hi"}]}                                       | model
                    {"model":"herd-tiny"}                                                               | messages
                    {"model":"herd-tiny","messages":[{"content":"Hi"}]}                                 | messages[0].role
                    {"model":"herd-tiny","messages":[{"role":"user"}]}                                  | messages[0].content
                    {"model":"herd-tiny","messages":[null]}                                             | messages[0]
                    {"model":"herd-tiny","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function"}]}                       | tools[0].function
                    {"model":"herd-tiny","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{}}]}         | tools[0].function.name
                    {"model":"herd-tiny","messages":[{"role":"user","content":"Hi"}],"tool_choice":{}}                                    | tool_choice.type
                    {"model":"herd-tiny","messages":[{"role":"assistant","tool_calls":[{"type":"function"}]}]}                            | messages[0].tool_calls[0].function
                    {"model":"herd-tiny","messages":[{"role":"tool","content":"Hi"}]}                   | messages[0].tool_call_id
                    {"model":"herd-tiny","messages":[{"role":"user","content":[{"text":"Hi"}]}]}        | messages[0].content[0].type
                    {"model":"herd-tiny","messages":[{"role":"user","content":[{"type":"text"}]}]}      | messages[0].content[0].text
                    """)
    void missingFieldIsNamed(String body, String param) {
        error(body, 400).body("error.param", equalTo(param)).body("error.code", equalTo("missing_required_parameter"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    {"model":"herd-tiny","messages":[]}                                                             | messages
                    {"model":" ","messages":[{"role":"user","content":"Hi"}]}                                       | model
                    {"model":"herd-tiny","messages":[{"role":"bishop","content":"Hi"}]}                             | messages[0].role
                    {"model":"herd-tiny","messages":[{"role":"user","content":[]}]}                                 | messages[0].content
                    {"model":"herd-tiny","messages":[{"role":"user","content":[{"type":"smell","text":"Hi"}]}]}     | messages[0].content[0].type
                    """)
    void invalidMessageIsNamed(String body, String param) {
        error(body, 400).body("error.param", equalTo(param)).body("error.code", equalTo("invalid_value"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "functions":[{"name":"f"}]                                 | functions
                    "modalities":["text","audio"]                              | modalities
                    "audio":{"voice":"a","format":"mp3"}                       | audio
                    "reasoning_effort":"high"                                  | reasoning_effort
                    "service_tier":"flex"                                      | service_tier
                    "store":true                                               | store
                    "tools":[{"type":"custom","custom":{"name":"f"}}]          | tools[0].type
                    "tool_choice":{"type":"custom","custom":{"name":"f"}}      | tool_choice.type
                    "stream_options":{"include_obfuscation":true}              | stream_options.include_obfuscation
                    """)
    void unsupportedFieldIsRefused(String field, String param) {
        error("{\"model\":\"herd-tiny\"," + HI + "," + field + "}", 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo("unsupported_parameter"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:,"}}]} | messages[0].content[1].type
                    {"role":"function","name":"f","content":"x"}                                                              | messages[0].role
                    """)
    void unsupportedMessageIsRefused(String message, String param) {
        error("{\"model\":\"herd-tiny\",\"messages\":[" + message + "]}", 400)
                .body("error.param", equalTo(param))
                .body("error.code", equalTo("unsupported_parameter"));
    }

    @Test
    void toolWhoseSchemaIsTooDeepIsRefused() {
        String schema = "{\"a\":".repeat(50) + "1" + "}".repeat(50);

        error(
                        "{\"model\":\"herd-tiny\"," + HI
                                + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
                                + schema
                                + "}}]}",
                        400)
                .body("error.param", equalTo("tools[0].function.parameters"))
                .body("error.message", containsString("48 levels"));
    }

    @Test
    void unknownModelIsNotFound() {
        error("{\"model\":\"gpt-9\"," + HI + "}", 404)
                .body("error.code", equalTo("model_not_found"))
                .body("error.param", equalTo("model"));
        error("{\"model\":\"" + "g".repeat(3000) + "\"," + HI + "}", 404)
                .body("error.message", equalTo("The model '" + "g".repeat(100) + "\u2026' does not exist."));
    }

    @Test
    void promptBeyondTheContextIsRefused() {
        error(
                        "{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\""
                                + "7 ".repeat(WireTestProfile.CONTEXT) + "\"}]}",
                        400)
                .body("error.code", equalTo("context_length_exceeded"))
                .body("error.param", equalTo("messages"))
                .body("error.message", containsString(Integer.toString(WireTestProfile.CONTEXT)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/v1", "/v1/chat", "/v1/chat/completions/x", "/v2/models", "/index.html", "/q/nothing"})
    void unknownPathIsNotFound(String path) {
        envelope(given().get(path).then(), 404).body("error.code", equalTo("unknown_url"));
        envelope(given().contentType(ContentType.JSON).body("{}").post(path).then(), 404);
    }

    @Test
    void wrongMethodIsNotAllowed() {
        envelope(given().get("/v1/chat/completions").then(), 405)
                .body("error.code", equalTo("method_not_supported"))
                .header("Allow", containsString("POST"));
        envelope(given().delete("/v1/models").then(), 405);
    }

    @Test
    void wrongMediaTypeIsUnsupported() {
        envelope(
                        given().contentType("text/plain")
                                .body("{}")
                                .post("/v1/chat/completions")
                                .then(),
                        415)
                .body("error.code", equalTo("unsupported_media_type"));
        envelope(
                given().contentType(ContentType.XML)
                        .body("<x/>")
                        .post("/v1/chat/completions")
                        .then(),
                415);
    }

    @Test
    void unacceptableAnswerTypeIsRefused() {
        envelope(
                given().accept("image/png")
                        .contentType(ContentType.JSON)
                        .body("{\"model\":\"herd-tiny\"," + HI + "}")
                        .post("/v1/chat/completions")
                        .then(),
                406);
    }

    @Test
    void bodyThatStatesToBeTooLargeIsRefused() {
        error("{\"x\":\"" + "a".repeat(WireTestProfile.MAX_BODY_BYTES) + "\"}", 413)
                .body("error.code", equalTo("request_too_large"));
    }

    @Test
    void bodyThatTurnsOutToBeTooLargeIsRefused() throws Exception {
        String answer = postInPieces("a".repeat(1000), 100);

        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("\"code\":\"request_too_large\"");
    }

    /** Sends a body without stating its length. */
    private String postInPieces(String piece, int count) throws Exception {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            out.write("""
                    POST /v1/chat/completions HTTP/1.1\r
                    Host: localhost\r
                    Content-Type: application/json\r
                    Transfer-Encoding: chunked\r
                    Connection: close\r
                    \r
                    6\r
                    {"x":"\r
                    """.getBytes(StandardCharsets.US_ASCII));
            String framed = Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n";
            for (int i = 0; i < count; i++) {
                out.write(framed.getBytes(StandardCharsets.US_ASCII));
            }
            out.write("2\r\n\"}\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(600), StandardCharsets.UTF_8);
        }
    }

    @Test
    void requestIdIsEchoedOrMade() {
        given().header("x-request-id", "my-id.7").get("/v1/models").then().header("x-request-id", equalTo("my-id.7"));
        given().header("x-request-id", "no spaces allowed")
                .get("/v1/models")
                .then()
                .header("x-request-id", matchesPattern("req_[0-9a-f]{32}"));
    }

    private static ValidatableResponse error(String body, int status) {
        return envelope(
                given().contentType(ContentType.JSON)
                        .body(body)
                        .post("/v1/chat/completions")
                        .then(),
                status);
    }

    static ValidatableResponse envelope(ValidatableResponse response, int status) {
        return response.statusCode(status)
                .contentType(ContentType.JSON)
                .header("x-request-id", matchesPattern("req_[0-9a-f]{32}"))
                .header("openai-processing-ms", matchesPattern("\\d+"))
                .header("openai-version", equalTo("2020-10-01"))
                .body("keySet()", containsInAnyOrder("error"))
                .body("error.keySet()", containsInAnyOrder("message", "type", "param", "code"))
                .body("error.message", not(nullValue()))
                .body("error.type", equalTo(type(status)));
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }
}
