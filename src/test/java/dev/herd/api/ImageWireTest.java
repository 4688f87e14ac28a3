package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.media.TileMemory;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(ImageWireProfile.class)
class ImageWireTest {
    private static final String TEXT = "{\"type\":\"text\",\"text\":\"What is this?\"}";

    @Inject
    TileMemory tileMemory;

    private static byte[] png(int width, int height, int colour) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, x < y ? colour : 0x123456);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static String url(byte[] file) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(file);
    }

    private static String image(String url) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}";
    }

    private static String image(String url, String detail) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\",\"detail\":\"" + detail + "\"}}";
    }

    private static String video(String fields) {
        return "{\"type\":\"video_url\",\"video_url\":{" + fields + "}}";
    }

    private static String user(String... parts) {
        return "{\"role\":\"user\",\"content\":[" + String.join(",", parts) + "]}";
    }

    private static ValidatableResponse ask(String messages, String more) {
        return given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"max_tokens\":2,\"temperature\":0,\"ignore_eos\":true,\"messages\":["
                        + messages + "]" + more + "}")
                .post("/v1/chat/completions")
                .then();
    }

    private static ValidatableResponse ask(String messages) {
        return ask(messages, "");
    }

    private static double metric(String name) {
        String text = given().get("/q/metrics").asString();
        return Arrays.stream(text.split("\n"))
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"336, 336, auto, 147", "300, 800, high, 582", "300, 800, low, 147", "100, 50, auto, 147"})
    void pictureCostsWhatTheSpecificationSays(int height, int width, String detail, int tokens) {
        int without = ask(user(TEXT)).statusCode(200).extract().path("usage.prompt_tokens");

        ask(user(TEXT, image(url(png(width, height, 0xFF0000)), detail)))
                .statusCode(200)
                .body("usage.prompt_tokens_details.image_tokens", equalTo(tokens))
                .body("usage.prompt_tokens", equalTo(without + tokens));
    }

    static List<JsonNode> fieldsOfPictures() throws IOException {
        return FieldTable.rows("implemented", true);
    }

    @ParameterizedTest
    @MethodSource("fieldsOfPictures")
    void implementedFieldIsTakenAndItsWrongValueNamed(JsonNode row) {
        FieldTable.ask(row, row.path("example")).statusCode(200).header("X-Ignored-Params", nullValue());
        FieldTable.ask(row, row.path("wrong")).statusCode(400).body("error.param", startsWith(FieldTable.param(row)));
    }

    @Test
    void answerWithoutPicturesTellsNoImageTokens() {
        ask(user(TEXT)).statusCode(200).body("usage.prompt_tokens_details", not(containsString("image_tokens")));
    }

    @Test
    void sameModelAnswersDifferentlyToDifferentPictures() {
        String more = ",\"logprobs\":true";
        String red = image(url(png(50, 50, 0xFF0000)));
        String green = image(url(png(50, 50, 0x00FF00)));

        List<Float> toRed = ask(user(red), more).statusCode(200).extract().path("choices[0].logprobs.content.logprob");

        assertThat(ask(user(red), more).extract().<List<Float>>path("choices[0].logprobs.content.logprob"))
                .isEqualTo(toRed);
        assertThat(ask(user(green), more).extract().<List<Float>>path("choices[0].logprobs.content.logprob"))
                .isNotEqualTo(toRed);
    }

    @Test
    void secondTurnDoesNotPayForThePictureAgain() {
        String first = user(image(url(png(400, 300, 0xABCDEF))), TEXT);
        ask(first).statusCode(200);
        double tiles = metric("herd_image_tiles_total");
        double hits = metric("herd_image_cache_hits_total");

        ask(first + ",{\"role\":\"assistant\",\"content\":\"A square.\"},{\"role\":\"user\",\"content\":\"Sure?\"}")
                .statusCode(200);

        assertThat(metric("herd_image_tiles_total")).isEqualTo(tiles);
        assertThat(metric("herd_image_cache_hits_total")).isEqualTo(hits + 1);
        assertThat(tileMemory.taken()).isZero();
    }

    @Test
    void severalChoicesAndToolsSeePictures() {
        String picture = image(url(png(20, 20, 0xFF)));

        ask(user(picture), ",\"n\":2")
                .statusCode(200)
                .body("choices.size()", equalTo(2))
                .body("usage.prompt_tokens_details.image_tokens", equalTo(147));
        ask(user(TEXT) + ",{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":[" + TEXT + "," + picture + "]}")
                .statusCode(200)
                .body("usage.prompt_tokens_details.image_tokens", equalTo(147));
    }

    @Test
    void streamTellsImageTokensToo() {
        String stream = ask(
                        user(image(url(png(20, 20, 0xFF))), TEXT),
                        ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
                .statusCode(200)
                .extract()
                .asString();

        assertThat(stream).contains("\"image_tokens\":147").endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource({"'', 3", "',\"frames\":2', 2", "',\"detail\":\"low\"', 3"})
    void listOfPicturesIsAVideo(String more, int frames) {
        String list = List.of(0xFF, 0xFF00, 0xFF0000).stream()
                .map(colour -> Base64.getEncoder().encodeToString(png(40, 30, colour)))
                .collect(Collectors.joining(","));

        ask(user(video("\"url\":\"data:video/jpeg;base64," + list + "\"" + more), TEXT))
                .statusCode(200)
                .body("usage.prompt_tokens_details.image_tokens", equalTo(147 * frames));
    }

    @Test
    void videoFileNeedsFfmpeg() {
        String mp4 = Base64.getEncoder()
                .encodeToString("\0\0\0\u0014ftypisom".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));

        refused(user(video("\"url\":\"data:video/mp4;base64," + mp4 + "\"")))
                .body("error.param", equalTo("messages[0].content[0].video_url.url"))
                .body("error.code", equalTo("invalid_image_format"))
                .body("error.message", containsString("This server has no ffmpeg"));
    }

    @Test
    void responsesShowPicturesToo() {
        String body =
                "{\"model\":\"herd-tiny\",\"max_output_tokens\":16,\"temperature\":0,\"input\":[{\"role\":\"user\","
                        + "\"content\":[{\"type\":\"input_text\",\"text\":\"What?\"},"
                        + "{\"type\":\"input_image\",\"detail\":\"low\",\"image_url\":\"%s\"}]}]}";
        RequestSpecification request = given().contentType(ContentType.JSON);
        int seen = request.body(body.formatted(url(png(300, 800, 0xFF0000))))
                .post("/v1/responses")
                .then()
                .statusCode(200)
                .extract()
                .path("usage.input_tokens");
        int without = ask(user("{\"type\":\"text\",\"text\":\"What?\"}"))
                .statusCode(200)
                .extract()
                .path("usage.prompt_tokens");

        assertThat(seen).isEqualTo(without + 147);
        request.body(body.formatted("https://pictures.example/a.png"))
                .post("/v1/responses")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("invalid_image_url"))
                .body("error.param", equalTo("input[0].content[1].image_url"));
    }

    @Test
    void placeholderTypedByAUserStaysText() {
        ask(user("{\"type\":\"text\",\"text\":\"<|image|><|patch|>\"}", image(url(png(20, 20, 1)))))
                .statusCode(200)
                .body("usage.prompt_tokens_details.image_tokens", equalTo(147));
    }

    private static ValidatableResponse refused(String messages) {
        return ask(messages).statusCode(400).body("error.type", equalTo("invalid_request_error"));
    }

    @ParameterizedTest
    @CsvSource({
        "https://pictures.example/a.png, invalid_image_url, 'This server fetches nothing; send the file as a data: address.'",
        "http://pictures.example/a.png, invalid_image_url, The address must begin with https: or data:.",
        "file:///etc/passwd, invalid_image_url, The address must begin with https: or data:.",
        "'data:image/png;base64,AQI', invalid_image_url, 'The data: address is not valid base64 (no line breaks, padded to a multiple of 4).'",
        "'data:text/plain;base64,AQID', invalid_image_format, 'The file is no picture of a known kind; JPEG, PNG, WebP, GIF, BMP and TIFF are supported.'",
        "'data:image/svg+xml;base64,PHN2Zy8+', invalid_image_format, 'The file is markup (SVG, XML or HTML), not a picture; JPEG, PNG, WebP, GIF, BMP and TIFF are supported.'"
    })
    void addressThatIsNoPictureIsRefused(String url, String code, String message) {
        refused(user(TEXT, image(url)))
                .body("error.param", equalTo("messages[0].content[1].image_url.url"))
                .body("error.code", equalTo(code))
                .body("error.message", equalTo(message));
    }

    @Test
    void fileThatLiesOrIsDamagedIsRefused() {
        byte[] whole = png(50, 50, 7);
        String lying = url(whole).replace("image/png", "image/jpeg");

        refused(user(image(lying))).body("error.code", equalTo("invalid_image_format"));
        refused(user(image(url(Arrays.copyOf(whole, whole.length - 20)))))
                .body("error.code", equalTo("image_parse_error"))
                .body("error.message", equalTo("The PNG file is broken off."));
        whole[whole.length - 20] ^= 1;
        refused(user(image(url(png(20, 20, 1))), TEXT, image(url(whole))))
                .body("error.param", equalTo("messages[0].content[2].image_url.url"))
                .body("error.code", equalTo("image_parse_error"))
                .body("error.message", equalTo("The PNG file is damaged: a checksum does not match."));
    }

    @Test
    void budgetsAreNamed() {
        String picture = image(url(png(20, 20, 1)));

        refused(user(picture, picture, picture))
                .body("error.param", equalTo("messages[0].content[2]"))
                .body("error.code", equalTo("too_many_images"))
                .body("error.message", equalTo("At most 2 pictures and videos are accepted in a request."));
        refused(user(image(url(png(1001, 1000, 1)))))
                .body("error.code", equalTo("image_too_large"))
                .body(
                        "error.message",
                        equalTo("The picture is 1001 by 1000 pixels; at most 1000000 pixels are accepted."));
        refused(user(image(url(new byte[20_001]))))
                .body("error.message", equalTo("The file is larger than 20000 bytes."));
        String list = (Base64.getEncoder().encodeToString(png(2600, 380, 1)) + ",").repeat(3);
        refused(user(video("\"detail\":\"high\",\"url\":\"data:video/jpeg;base64,"
                        + list.substring(0, list.length() - 1) + "\"")))
                .body("error.code", equalTo("image_too_large"))
                .body("error.message", containsString("more than 40 tiles"));
    }

    @Test
    void contextIsJudgedBeforeAnythingIsDecoded() {
        byte[] undecodable = png(2600, 380, 1);
        undecodable[undecodable.length - 20] ^= 1;
        String picture = image(url(undecodable));

        refused(user(picture, picture))
                .body("error.param", equalTo("messages"))
                .body("error.code", equalTo("context_length_exceeded"));
        refused(user(picture)).body("error.code", equalTo("image_parse_error"));
        assertThat(tileMemory.taken()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"system", "developer", "assistant"})
    void picturesStandInMessagesOfUsersAndToolsOnly(String role) {
        refused("{\"role\":\"" + role + "\",\"content\":[" + image(url(png(9, 9, 1))) + "]}," + user(TEXT))
                .body("error.param", equalTo("messages[0].content[0].type"))
                .body("error.message", equalTo("Pictures and videos can only stand in messages of users and tools."));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"image_url\"} | messages[0].content[0].image_url",
                "{\"type\":\"video_url\"} | messages[0].content[0].video_url",
                "{\"type\":\"image_url\",\"image_url\":{}} | messages[0].content[0].image_url.url",
                "{\"type\":\"image_url\",\"image_url\":\"data:,\"} | messages[0].content[0].image_url",
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\",\"detail\":\"best\"}} | messages[0].content[0].image_url.detail",
                "{\"type\":\"video_url\",\"video_url\":{\"url\":\"data:,\",\"frames\":49}} | messages[0].content[0].video_url.frames",
                "{\"type\":\"video_url\",\"video_url\":{\"url\":\"data:,\",\"frames\":0}} | messages[0].content[0].video_url.frames"
            })
    void malformedPartIsNamed(String part, String param) {
        refused(user(part)).body("error.param", equalTo(param));
    }
}
