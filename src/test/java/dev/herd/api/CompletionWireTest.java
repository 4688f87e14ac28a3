package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class CompletionWireTest {
    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say(", world!");
    }

    @Test
    void textIsGoneOnWith() {
        int promptTokens = model.model().tokenizer().encode("Hello").length + 1;

        ask("\"prompt\":\"Hello\"", 200)
                .body("id", matchesPattern("cmpl-[0-9a-f]{32}"))
                .body("object", equalTo("text_completion"))
                .body("model", equalTo("herd-tiny"))
                .body("choices", hasSize(1))
                .body("choices[0].text", equalTo(", world!"))
                .body("choices[0].finish_reason", equalTo("stop"))
                .body("choices[0].logprobs", nullValue())
                .body("usage.prompt_tokens", equalTo(promptTokens));
    }

    @Test
    void promptsTimesChoicesAreAnsweredInOrder() {
        ask("\"prompt\":[\"One\",\"Two\"],\"n\":2,\"best_of\":2,\"echo\":true", 200)
                .body("choices.index", contains(0, 1, 2, 3))
                .body("choices.text", contains("One, world!", "One, world!", "Two, world!", "Two, world!"));
    }

    @Test
    void tokenIdsAreComputedAsTheyAre() {
        String ids = Arrays.toString(model.model().tokenizer().encode("Hello"));

        ask("\"echo\":true,\"prompt\":" + ids, 200)
                .body("choices[0].text", equalTo("Hello, world!"))
                .body("usage.prompt_tokens", equalTo(model.model().tokenizer().encode("Hello").length));
        ask("\"echo\":true,\"prompt\":[" + ids + "," + ids + "]", 200)
                .body("choices.text", contains("Hello, world!", "Hello, world!"));
    }

    @Test
    void answerIsSixteenTokensUnlessAskedOtherwise() {
        model.runner().say(model.model().tokenizer().encode("x")[0]);

        ask("\"prompt\":\"Hello\"", 200)
                .body("choices[0].text", equalTo("x".repeat(16)))
                .body("choices[0].finish_reason", equalTo("length"));
        ask("\"prompt\":\"Hello\",\"max_tokens\":3", 200).body("choices[0].text", equalTo("xxx"));
    }

    @Test
    void logProbabilitiesComeInColumns() {
        model.runner()
                .say(
                        model.model().tokenizer().encode("é")[0],
                        model.model().tokenizer().encode("x")[0]);
        int bytes = model.model().tokenizer().bytes(model.model().tokenizer().encode("é")[0]).length;

        ask("\"prompt\":\"A\",\"max_tokens\":3,\"logprobs\":2", 200)
                .body("choices[0].logprobs.tokens", hasSize(3))
                .body("choices[0].logprobs.tokens[0]", equalTo(bytes == 2 ? "é" : "bytes:\\xc3"))
                .body("choices[0].logprobs.tokens[2]", equalTo("x"))
                .body("choices[0].logprobs.token_logprobs", hasSize(3))
                .body("choices[0].logprobs.top_logprobs", hasSize(3))
                .body("choices[0].logprobs.text_offset", contains(0, 1, 2));
    }

    @Test
    void anEchoedPromptIsScoredWithItsAnswer() {
        String fields = "\"prompt\":\"Hello, herd\",\"echo\":true,\"logprobs\":1,\"max_tokens\":2";
        int promptTokens = model.model().tokenizer().encode("Hello, herd").length;

        ask(fields, 200)
                .body("choices[0].text", startsWith("Hello, herd"))
                .body("choices[0].logprobs.tokens", hasSize(promptTokens + 2))
                .body("choices[0].logprobs.tokens.join('')", startsWith("Hello, herd"))
                .body("choices[0].logprobs.token_logprobs", hasSize(promptTokens + 2))
                .body("choices[0].logprobs.token_logprobs[0]", notNullValue())
                .body("choices[0].logprobs.top_logprobs", hasSize(promptTokens + 2))
                .body("choices[0].logprobs.text_offset[0]", equalTo(0))
                .body("usage.completion_tokens", equalTo(2));
    }

    @Test
    void nothingIsSaidOfTheFirstOfTokenIds() {
        String ids = Arrays.toString(model.model().tokenizer().encode("Hello, herd"));

        ask("\"prompt\":" + ids + ",\"echo\":true,\"logprobs\":0,\"max_tokens\":1", 200)
                .body("choices[0].logprobs.token_logprobs[0]", nullValue())
                .body("choices[0].logprobs.top_logprobs[0]", nullValue())
                .body("choices[0].logprobs.token_logprobs[1]", notNullValue())
                .body("choices[0].text", startsWith("Hello, herd"));
    }

    @Test
    void aStreamBeginsWithTheScoredPrompt() {
        String stream = ask("\"prompt\":\"Hello\",\"echo\":true,\"logprobs\":0,\"stream\":true,\"max_tokens\":2", 200)
                .extract()
                .asString();

        assertThat(stream).containsPattern("^data: [^\n]*\"text\":\"Hello\",\"logprobs\":\\{\"tokens\":\\[\"");
    }

    @Test
    void streamEndsWithTheReasonAndDone() {
        String stream = ask(
                        "\"prompt\":\"Hello\",\"echo\":true,\"stream\":true,\"stream_options\":{\"include_usage\":true}",
                        200)
                .contentType("text/event-stream")
                .extract()
                .asString();

        assertThat(stream.replaceAll("(?s).*?(\"text\":\"([^\"]*)\"|$)[^\n]*\n?", "$2"))
                .isEqualTo("Hello, world!");
        assertThat(stream)
                .contains("\"usage\":null", "\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"")
                .containsPattern("\"choices\":\\[],\"usage\":\\{\"prompt_tokens\":\\d+")
                .endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    "echo":true                                | prompt             | missing_required_parameter
                    "prompt":7                                 | prompt             | invalid_type
                    "prompt":["a",1]                           | prompt             | invalid_type
                    "prompt":[1.5]                             | prompt             | invalid_type
                    "prompt":[]                                | prompt             | invalid_value
                    "prompt":[[]]                              | prompt[0]          | invalid_value
                    "prompt":[-1]                              | prompt[0]          | invalid_value
                    "prompt":[[1],[1,999999999]]               | prompt[1][1]       | invalid_value
                    "prompt":["a","b","c","d","e"]             | prompt             | invalid_value
                    "prompt":"a","suffix":"b"                  | suffix             | unsupported_parameter
                    "prompt":"a","best_of":2                   | best_of            | unsupported_parameter
                    "prompt":"a","n":2,"best_of":1             | best_of            | invalid_value
                    "prompt":"a","logprobs":21                 | logprobs           | invalid_value
                    "prompt":"a","max_tokens":0                | max_tokens         | invalid_value
                    "prompt":"a","guided_regex":7              | guided_regex       | invalid_type
                    """)
    void wrongFieldIsNamed(String fields, String param, String code) {
        ask(fields, 400).body("error.param", equalTo(param)).body("error.code", equalTo(code));
    }

    @Test
    void promptBeyondTheContextIsRefused() {
        ask("\"prompt\":\"" + "7 ".repeat(WireTestProfile.CONTEXT) + "\"", 400)
                .body("error.code", equalTo("context_length_exceeded"))
                .body("error.param", equalTo("prompt"));
    }

    @Test
    void fieldsWithoutEffectAreNamed() {
        ask("\"prompt\":\"a\",\"user\":\"u\",\"suffix\":null,\"colour\":1", 200)
                .header("X-Ignored-Params", equalTo("colour, user"));
    }

    @Test
    void embeddingsAreRefusedClearly() {
        ErrorWireTest.envelope(post("/v1/embeddings", "{\"model\":\"herd-tiny\",\"input\":[\"a\",\"b\"]}"), 400)
                .body("error.code", equalTo("unsupported_model"));
        ErrorWireTest.envelope(post("/v1/embeddings", "{\"model\":\"gpt-9\",\"input\":\"a\"}"), 404);
        ErrorWireTest.envelope(post("/v1/embeddings", "{\"model\":\"herd-tiny\"}"), 400)
                .body("error.param", equalTo("input"));
    }

    private static ValidatableResponse ask(String fields, int status) {
        return post("/v1/completions", "{\"model\":\"herd-tiny\"," + fields + "}")
                .statusCode(status);
    }

    private static ValidatableResponse post(String path, String body) {
        return given().contentType(ContentType.JSON).body(body).post(path).then();
    }
}
