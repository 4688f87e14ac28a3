package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class TokenWireTest {
    @Inject
    ScriptedOpener model;

    @Test
    void textBeginsWithTheBeginOfTextTokenUnlessThatIsUnwanted() {
        List<Integer> begun = tokens("{\"prompt\":\"Hello, world!\"}");
        List<Integer> plain = tokens("{\"prompt\":\"Hello, world!\",\"add_special_tokens\":false}");

        assertThat(begun.getFirst())
                .isEqualTo(
                        model.model().tokenizer().special("<|begin_of_text|>").orElseThrow());
        assertThat(begun.subList(1, begun.size())).isEqualTo(plain);
        assertThat(plain.stream().mapToInt(Integer::intValue).toArray())
                .isEqualTo(model.model().tokenizer().encode("Hello, world!"));
        assertThat(tokens("{\"content\":\"Hello, world!\"}")).isEqualTo(plain);
        assertThat(tokens("{\"content\":\"Hello, world!\",\"add_special\":true}"))
                .isEqualTo(begun);
    }

    @Test
    void conversationIsCountedAsItIsComputed() {
        model.runner().release();
        model.say("x");
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
        int used = post("/v1/chat/completions", "{\"model\":\"herd-tiny\"," + messages + "}")
                .extract()
                .path("usage.prompt_tokens");

        post("/tokenize", "{\"model\":\"herd-tiny\"," + messages + "}")
                .statusCode(200)
                .body("count", equalTo(used))
                .body("max_model_len", equalTo(WireTestProfile.CONTEXT));
        post("/v1/responses/input_tokens", "{\"model\":\"herd-tiny\",\"input\":\"Hi\"}")
                .statusCode(200)
                .body("object", equalTo("response.input_tokens"))
                .body("input_tokens", equalTo(used));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "Hello, world!", "naïve 猫 🦙", "<|eot|>"})
    void textSurvivesTheWayThereAndBack(String text) {
        List<Integer> tokens = tokens("{\"prompt\":\"" + text + "\",\"add_special_tokens\":false}");

        post("/detokenize", "{\"tokens\":" + tokens + "}")
                .statusCode(200)
                .body("prompt", equalTo(text))
                .body("content", equalTo(text));
    }

    @Test
    void tokensAreShownOnRequest() {
        List<String> texts = post("/tokenize", "{\"prompt\":\"Hello, world!\",\"return_token_strs\":true}")
                .statusCode(200)
                .extract()
                .path("token_strs");

        assertThat(String.join("", texts)).isEqualTo("<|begin_of_text|>Hello, world!");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', nullValues = "null", textBlock = """
                    /tokenize   | {}                                          | prompt               | 400
                    /tokenize   | {"prompt":"a","content":"b"}                | null                 | 400
                    /tokenize   | {"prompt":7}                                | prompt               | 400
                    /tokenize   | {"messages":[]}                             | prompt               | 400
                    /tokenize   | {"messages":null}                           | prompt               | 400
                    /tokenize   | {"messages":7}                              | messages             | 400
                    /tokenize   | {"messages":[{"role":"user","content":7}]}  | messages[0].content  | 400
                    /tokenize   | {"prompt":"a","model":"gpt-9"}              | model                | 404
                    /detokenize | {}                                          | tokens               | 400
                    /detokenize | {"tokens":[1,-1]}                           | tokens[1]            | 400
                    /detokenize | {"tokens":[1,999999999]}                    | tokens[1]            | 400
                    /detokenize | {"tokens":["a"]}                            | tokens[0]            | 400
                    """)
    void wrongFieldIsNamed(String path, String body, String param, int status) {
        ErrorWireTest.envelope(post(path, body), status).body("error.param", equalTo(param));
    }

    private static List<Integer> tokens(String body) {
        return post("/tokenize", body).statusCode(200).extract().path("tokens");
    }

    private static ValidatableResponse post(String path, String body) {
        return given().contentType(ContentType.JSON)
                .body(body.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .post(path)
                .then();
    }
}
