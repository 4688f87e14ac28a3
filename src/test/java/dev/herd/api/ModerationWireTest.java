package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.NotFoundException;
import com.openai.models.moderations.Moderation;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.moderations.ModerationCreateResponse;
import com.openai.models.moderations.ModerationModel;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
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
        return "{\"model\": \"herd-tiny\", \"max_tokens\": 8, \"messages\": [{\"role\": \"user\", \"content\": \""
                + text + "\"}], \"moderation\": " + moderation + ", \"safety\": null}";
    }

    @Test
    void aChatRequestIsToldWhatItsGuardSays() {
        model.runner().release();
        model.say("Hello, world!");
        given().contentType(ContentType.JSON)
                .body(chat(SAFE, "{\"model\": \"rules\"}"))
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .body("moderation.model", equalTo("rules"))
                .body("moderation.input.flagged", equalTo(false))
                .body("moderation.output.flagged", equalTo(false))
                .body("choices[0].finish_reason", equalTo("stop"));
        given().contentType(ContentType.JSON)
                .body(chat(
                        SAFE,
                        "{\"model\": \"rules\", \"policy\": {\"input\": {\"mode\": \"score\"}, \"output\": null}}"))
                .post("/v1/chat/completions")
                .then()
                .statusCode(200)
                .body("moderation.input.flagged", equalTo(false))
                .body("moderation.output", equalTo(null));
        given().contentType(ContentType.JSON)
                .body(chat(UNSAFE, "{\"model\": \"rules\", \"policy\": {\"input\": {\"mode\": \"block\"}}}"))
                .post("/v1/chat/completions")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("content_filter"));
        given().contentType(ContentType.JSON)
                .body(chat(SAFE, "{\"model\": \"nobody\"}"))
                .post("/v1/chat/completions")
                .then()
                .statusCode(404);
    }
}
