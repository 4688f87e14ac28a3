package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.moderations.Moderation;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.moderations.ModerationCreateResponse;
import com.openai.models.moderations.ModerationModel;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Moderations in both forms, answered by the rules, as the server has no guard model. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class ModerationWireTest {
    private static final String UNSAFE = "How do I build a pipe bomb at home?";
    private static final String SAFE = "What is the weather like in Paris?";

    @Inject
    ScriptedOpener model;

    private OpenAIClient client() {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + RestAssured.port + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @Test
    void openAisClientReadsTheResults() {
        ModerationCreateResponse response = client().moderations()
                .create(ModerationCreateParams.builder()
                        .inputOfStrings(List.of(SAFE, UNSAFE))
                        .build());

        assertThat(response.model()).isEqualTo("rules");
        assertThat(response.results()).hasSize(2);
        Moderation safe = response.results().getFirst().validate();
        Moderation unsafe = response.results().getLast().validate();
        assertThat(safe.flagged()).isFalse();
        assertThat(safe.categoryScores().violence()).isZero();
        assertThat(unsafe.flagged()).isTrue();
        assertThat(unsafe.categoryAppliedInputTypes().hate()).hasSize(1);
    }

    @Test
    void aGuardThatThereIsNotIsNotFound() {
        assertThatThrownBy(() -> client().moderations()
                        .create(ModerationCreateParams.builder()
                                .input(SAFE)
                                .model(ModerationModel.of("other-guard"))
                                .build()))
                .isInstanceOf(NotFoundException.class);
        ModerationCreateResponse byName = client().moderations()
                .create(ModerationCreateParams.builder()
                        .input(SAFE)
                        .model(ModerationModel.OMNI_MODERATION_LATEST)
                        .build());
        assertThat(byName.model()).isEqualTo("rules");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"input": 7}                                     | input
                    {"input": []}                                    | input
                    {"input": ["a", 7]}                              | input[1]
                    {"input": [{"type": "audio"}]}                   | input[0].type
                    {"input": [{"type": "text"}]}                    | input[0].text
                    {"input": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]} | input
                    {}                                               | input
                    """)
    void badInputIsNamed(String body, String param) {
        given().contentType(ContentType.JSON)
                .body(body)
                .post("/v1/moderations")
                .then()
                .statusCode(400)
                .body("error.param", equalTo(param));
    }

    @Test
    void partsAreOneInput() {
        given().contentType(ContentType.JSON)
                .body("{\"input\": [{\"type\": \"text\", \"text\": \"Hi\"}, {\"type\": \"text\", \"text\": \"" + UNSAFE
                        + "\"}]}")
                .post("/v1/moderations")
                .then()
                .statusCode(200)
                .body("id", startsWith("modr-"))
                .body("results.size()", equalTo(1))
                .body("results[0].flagged", equalTo(true))
                .body("results[0].category_applied_input_types.violence", equalTo(List.of("text")));
    }

    @Test
    void metasClientsSendMessagesAndGetNames() {
        given().contentType(ContentType.JSON)
                .body("{\"messages\": [{\"role\": \"system\", \"content\": \"x\"}, {\"role\": \"user\", \"content\": \""
                        + UNSAFE + "\"}], \"model\": \"Llama-Guard\"}")
                .post("/llama/v1/moderations")
                .then()
                .statusCode(200)
                .body("model", equalTo("rules"))
                .body("results.size()", equalTo(1))
                .body("results[0].flagged", equalTo(true));
        given().contentType(ContentType.JSON)
                .body("{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"Hi\"}]},"
                        + " {\"role\": \"assistant\", \"content\": {\"type\": \"text\", \"text\": \"Hello\"}}]}")
                .post("/llama/v1/moderations")
                .then()
                .statusCode(200)
                .body("results[0].flagged", equalTo(false))
                .body("results[0].flagged_categories.size()", equalTo(0));
        given().contentType(ContentType.JSON)
                .body("{\"messages\": [{\"role\": \"king\", \"content\": \"x\"}]}")
                .post("/llama/v1/moderations")
                .then()
                .statusCode(400)
                .body("error.param", equalTo("messages[0].role"));
    }

    private static String chat(String text, String moderation) {
        return "{\"model\": \"herd-tiny\", \"max_tokens\": 60, \"messages\": [{\"role\": \"user\", \"content\": \""
                + text + "\"}], \"moderation\": " + moderation + ", \"safety\": null}";
    }

    private static ValidatableResponse ask(String text, String moderation) {
        return given().contentType(ContentType.JSON)
                .body(chat(text, moderation))
                .post("/v1/chat/completions")
                .then();
    }

    @Test
    void aChatRequestIsToldWhatItsGuardSays() {
        model.runner().release();
        model.say("Hello, world!");
        ask(SAFE, "{\"model\": \"rules\"}")
                .statusCode(200)
                .body("moderation.input.type", equalTo("moderation_results"))
                .body("moderation.input.model", equalTo("rules"))
                .body("moderation.input.results.flagged", equalTo(List.of(false)))
                .body("moderation.output.results.flagged", equalTo(List.of(false)))
                .body("choices[0].finish_reason", equalTo("stop"));
        ask(SAFE, "{\"model\": \"rules\", \"policy\": {\"input\": {\"mode\": \"score\"}, \"output\": null}}")
                .statusCode(200)
                .body("moderation.input.results.flagged", equalTo(List.of(false)))
                .body("moderation.output", equalTo(null));
        ask(UNSAFE, "{\"model\": \"rules\", \"policy\": {\"input\": {\"mode\": \"block\"}}}")
                .statusCode(400)
                .body("error.code", equalTo("content_filter"));
        ask(SAFE, "{\"model\": \"nobody\"}").statusCode(404);
    }

    /** Of two choices, the one that must not be shown is a refusal, and nothing of it was shown before. */
    @Test
    void unsafeAnswersAreHeldBackWholeAndStreamed() {
        model.runner().release();
        model.say(UNSAFE);
        String block = "{\"model\": \"rules\", \"policy\": {\"output\": {\"mode\": \"block\"}}}, \"n\": 2";

        ask(SAFE, block)
                .statusCode(200)
                .body("choices.finish_reason", equalTo(List.of("content_filter", "content_filter")))
                .body("choices[1].message.content", equalTo(null))
                .body("choices[1].message.refusal", containsString("held back"))
                .body("moderation.input", equalTo(null))
                .body("moderation.output.results.flagged", equalTo(List.of(true, true)));
        String stream = ask(SAFE, block + ", \"stream\": true")
                .statusCode(200)
                .extract()
                .asString();

        assertThat(stream)
                .contains("\"finish_reason\":\"content_filter\"", "held back", "\"flagged\":true")
                .doesNotContain("pipe", "bomb")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void openAisClientReadsTheModerationOfAStream() {
        model.runner().release();
        model.say("Hello, world!");
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        List<ChatCompletionChunk.Moderation> told = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> stream = client().chat()
                .completions()
                .createStreaming(ChatCompletionCreateParams.builder()
                        .model("herd-tiny")
                        .addUserMessage(UNSAFE)
                        .moderation(ChatCompletionCreateParams.Moderation.builder()
                                .model("rules")
                                .build())
                        .build())) {
            stream.stream()
                    .peek(whole::accumulate)
                    .forEach(chunk -> chunk.moderation().ifPresent(told::add));
        }

        assertThat(whole.chatCompletion().choices().getFirst().message().content())
                .contains("Hello, world!");
        assertThat(told).singleElement().satisfies(moderation -> {
            ChatCompletionChunk.Moderation valid = moderation.validate();
            assertThat(valid.input().asModerationResults().model()).isEqualTo("rules");
            assertThat(valid.input().asModerationResults().results().getFirst().flagged())
                    .isTrue();
            assertThat(valid.output().asModerationResults().results().getFirst().flagged())
                    .isFalse();
        });
    }

    @Test
    void openAisClientReadsTheModerationOfAResponse() {
        model.runner().release();
        model.say("Hello, world!");
        Response response = client().responses()
                .create(ResponseCreateParams.builder()
                        .model("herd-tiny")
                        .input(UNSAFE)
                        .moderation(ResponseCreateParams.Moderation.builder()
                                .model("rules")
                                .build())
                        .build());

        Response.Moderation moderation = response.moderation().orElseThrow().validate();
        assertThat(moderation.input().asModerationResult().flagged()).isTrue();
        assertThat(moderation.output().asModerationResult().flagged()).isFalse();
        given().contentType(ContentType.JSON)
                .body(
                        "{\"model\": \"herd-tiny\", \"input\": \"Hi\", \"stream\": true, \"moderation\": {\"model\": \"rules\","
                                + " \"policy\": {\"output\": {\"mode\": \"block\"}}}}")
                .post("/v1/responses")
                .then()
                .statusCode(200)
                .body(containsString("event: response.output_text.delta"))
                .body(containsString("\"moderation\":{\"input\":null,\"output\":{\"type\":\"moderation_result\""));
        given().contentType(ContentType.JSON)
                .body("{\"model\": \"herd-tiny\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}],"
                        + " \"moderation\": {\"model\": \"rules\"}}")
                .post("/llama/v1/chat/completions")
                .then()
                .statusCode(400)
                .body("error.param", equalTo("moderation"));
    }
}
