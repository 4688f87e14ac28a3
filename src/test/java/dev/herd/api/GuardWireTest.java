package dev.herd.api;

import static dev.herd.guard.KnowingGuard.UNSAFE;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.moderations.Moderation;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.moderations.ModerationCreateResponse;
import com.openai.models.moderations.ModerationImageUrlInput;
import com.openai.models.moderations.ModerationMultiModalInput;
import com.openai.models.moderations.ModerationTextInput;
import dev.herd.guard.KnowingGuard;
import dev.herd.media.TileMemory;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Llama Guard from its checkpoint to what clients are told, with texts and with pictures; see {@link KnowingGuard}. */
@QuarkusTest
@TestProfile(GuardWireProfile.class)
class GuardWireTest {
    private static final String WHITE = square(56, 0xFFFFFF);
    private static final String BLACK = square(56, 0x000000);

    @Inject
    TileMemory memory;

    private static String square(int side, int colour) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < side * side; i++) {
            image.setRGB(i % side, i / side, colour);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(out.toByteArray());
    }

    @BeforeEach
    void awaitGuard() {
        while (given().get("/q/health/ready").statusCode() != 200) {
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static String text(String text) {
        return "{\"type\":\"text\",\"text\":\"" + text + "\"}";
    }

    private static String image(String url) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}";
    }

    private static String user(String... parts) {
        return "{\"role\":\"user\",\"content\":[" + String.join(",", parts) + "]}";
    }

    private static ValidatableResponse chat(String message, String more) {
        return given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[" + message + "]"
                        + more + "}")
                .post("/v1/chat/completions")
                .then();
    }

    /** The id of the served model's token for what the guard finds unsafe. */
    private static int unsafeToken() {
        List<Integer> ids = given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"prompt\":\"" + UNSAFE + "\",\"add_special_tokens\":false}")
                .post("/tokenize")
                .then()
                .statusCode(200)
                .extract()
                .path("tokens");
        assertThat(ids).hasSize(1);
        return ids.getFirst();
    }

    @Test
    void whatGoesToTheModelIsJudged() {
        chat(user(text("hello")), "")
                .statusCode(200)
                .header("X-Safety-Action", equalTo("allow"))
                .body("choices[0].finish_reason", equalTo("length"));
        chat(user(text("hello " + UNSAFE)), "")
                .statusCode(400)
                .body("error.code", equalTo("content_filter"))
                .body("error.safety.input.findings.scanner", equalTo(List.of("llama-guard-4")))
                .body("error.safety.input.findings.code", equalTo(List.of("S2")))
                .body("error.safety.input.findings[0].score", greaterThan(0.9f));
    }

    @Test
    void anUnsafeAnswerIsHeldBackWholeAndStreamed() {
        String unsafe = ",\"logit_bias\":{\"" + unsafeToken() + "\":100},\"max_completion_tokens\":40";

        chat(user(text("hello")), unsafe)
                .statusCode(200)
                .header("X-Safety-Action", equalTo("block"))
                .body("choices[0].finish_reason", equalTo("content_filter"))
                .body("choices[0].message.content", nullValue())
                .body("choices[0].message.refusal", not(nullValue()))
                .body("safety.output.findings.code", hasItem("S2"));
        String stream = chat(user(text("hello")), unsafe + ",\"stream\":true")
                .statusCode(200)
                .extract()
                .asString();

        assertThat(stream)
                .contains("\"finish_reason\":\"content_filter\"", "\"code\":\"S2\"")
                .doesNotContain(UNSAFE)
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void picturesAreJudgedWithTheirTurn() {
        chat(user(text("Look"), image(BLACK)), "").statusCode(200).body("safety.coverage.images", equalTo(1));
        chat(user(text("Look"), image(WHITE)), "")
                .statusCode(400)
                .body("error.code", equalTo("content_filter"))
                .body("error.safety.input.findings.code", equalTo(List.of("S2")));
        chat(user(image(WHITE)), "").statusCode(400);
        chat(user(text("Look " + UNSAFE), image(BLACK), text("here")), "").statusCode(400);
        assertThat(memory.taken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 5})
    void ofManyPicturesTheWorstDecides(int white) {
        String[] pictures = new String[6];
        Arrays.fill(pictures, image(BLACK));
        pictures[white] = image(WHITE);

        chat(user(pictures), "").statusCode(400).body("error.safety.input.findings.code", equalTo(List.of("S2")));
        chat(user(Stream.of(pictures).map(any -> image(BLACK)).toArray(String[]::new)), "")
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 400})
    void framesOfVideosAreJudgedAsPictures(int status) {
        String second = (status == 400 ? WHITE : BLACK).replaceFirst("^.*,", "");
        String frames = BLACK.replaceFirst("^.*,", "data:video/jpeg;base64,") + "," + second;

        chat(user(text("Watch"), "{\"type\":\"video_url\",\"video_url\":{\"url\":\"" + frames + "\"}}"), "")
                .statusCode(status);
    }

    @Test
    void aChatRequestsOwnGuardSeesItsPictures() {
        String wish = ",\"moderation\":{\"model\":\"llama-guard-4\",\"policy\":{\"input\":{\"mode\":\"block\"}}}";

        chat(user(text("Look"), image(BLACK)), wish)
                .statusCode(200)
                .body(
                        "moderation.input.results[0].category_applied_input_types.sexual",
                        equalTo(List.of("text", "image")));
        chat(user(text("Look"), image(WHITE)), wish)
                .statusCode(400)
                .body("error.safety", nullValue())
                .body("error.code", equalTo("content_filter"));
    }

    @Test
    void pictureLargerThanThePolicyPermitsIsRefusedByItsPlace() {
        chat(user(text("Look"), image(square(142, 0))), "")
                .statusCode(400)
                .body("error.code", equalTo("image_too_large"))
                .body("error.param", equalTo("messages[0].content[1].image_url.url"));
        chat(user(text("Look"), image(square(141, 0))), "").statusCode(200);
    }

    @Test
    void picturesAreJudgedOnEverySurface() {
        given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"max_output_tokens\":16,\"input\":[{\"role\":\"user\",\"content\":["
                        + "{\"type\":\"input_text\",\"text\":\"Look\"},{\"type\":\"input_image\",\"image_url\":\""
                        + WHITE
                        + "\"}]}]}")
                .post("/v1/responses")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("content_filter"));
        given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"messages\":[" + user(text("Look"), image(WHITE)) + "]}")
                .post("/llama/v1/chat/completions")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("content_filter"));
    }

    private static ModerationMultiModalInput picture(String url) {
        return ModerationMultiModalInput.ofImageUrl(ModerationImageUrlInput.builder()
                .imageUrl(ModerationImageUrlInput.ImageUrl.builder().url(url).build())
                .build());
    }

    private static Moderation moderation(String text, String url) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + RestAssured.port + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
        ModerationCreateResponse response = client.moderations()
                .create(ModerationCreateParams.builder()
                        .inputOfModerationMultiModalArray(List.of(
                                ModerationMultiModalInput.ofText(
                                        ModerationTextInput.builder().text(text).build()),
                                picture(url)))
                        .build());
        assertThat(response.model()).isEqualTo("llama-guard-4");
        return response.results().getFirst().validate();
    }

    @Test
    void openAisClientHasPicturesModerated() {
        Moderation white = moderation("Look", WHITE);
        Moderation black = moderation("Look", BLACK);

        assertThat(white.flagged()).isTrue();
        assertThat(white.categories().illicit()).contains(true);
        assertThat(white.categoryScores().illicit()).isGreaterThan(0.9);
        assertThat(white.categoryAppliedInputTypes().violence().stream().map(Object::toString))
                .containsExactly("text", "image");
        assertThat(white.categoryAppliedInputTypes().illicit()).hasSize(1);
        assertThat(black.flagged()).isFalse();
        assertThat(moderation(UNSAFE, BLACK).flagged()).isTrue();
        assertThat(memory.taken()).isZero();
    }

    @Test
    void metasClientsHavePicturesModerated() {
        for (String url : List.of(WHITE, BLACK)) {
            given().contentType(ContentType.JSON)
                    .body("{\"messages\":[" + user(text("Look"), image(url)) + "]}")
                    .post("/llama/v1/moderations")
                    .then()
                    .statusCode(200)
                    .body("model", equalTo("llama-guard-4"))
                    .body("results[0].flagged", equalTo(url.equals(WHITE)))
                    .body(
                            "results[0].flagged_categories",
                            equalTo(url.equals(WHITE) ? List.of("Non-Violent Crimes") : List.of()));
        }
    }

    @Test
    void picturesToBeModeratedAreCountedAndReadable() {
        String many = Stream.generate(() -> image(BLACK)).limit(9).collect(Collectors.joining(","));
        given().contentType(ContentType.JSON)
                .body("{\"input\":[" + many + "]}")
                .post("/v1/moderations")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("too_many_images"));
        given().contentType(ContentType.JSON)
                .body("{\"messages\":[" + user(image(BLACK.substring(0, 100))) + "]}")
                .post("/llama/v1/moderations")
                .then()
                .statusCode(400)
                .body("error.param", equalTo("messages"));
        assertThat(memory.taken()).isZero();
    }

    @Test
    void textLongerThanTheGuardReadsIsTheClientsMistake() {
        given().contentType(ContentType.JSON)
                .body("{\"input\":\"" + "word ".repeat(40_000) + "\"}")
                .post("/v1/moderations")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("context_length_exceeded"));
    }

    @Test
    void scoresOfSafeTextsAreLow() {
        given().contentType(ContentType.JSON)
                .body("{\"input\":[\"hello\",\"good bye\"]}")
                .post("/v1/moderations")
                .then()
                .statusCode(200)
                .body("results.flagged", everyItem(equalTo(false)))
                .body("results.category_scores.illicit", everyItem(lessThan(0.1f)));
    }
}
