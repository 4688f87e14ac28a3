package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.http.Method;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every described path does with requests that it is not for. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class EdgeWireTest {
    static Stream<String> paths() {
        // Without tenants there is no admin API; TenantWireTest asks it.
        return ApiDocument.stored().paths().stream().filter(path -> !path.startsWith("/admin/"));
    }

    static Stream<String> postPaths() {
        return paths().filter(path -> ApiDocument.stored().methods(path).contains("post") && !path.contains("{"));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void otherMethodsAreRefusedAndTheRightOnesNamed(String template) {
        List<String> methods = ApiDocument.stored().methods(template);
        Set<String> allowed = methods.stream().map(String::toUpperCase).collect(Collectors.toCollection(TreeSet::new));
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        for (Method method : new Method[] {Method.GET, Method.POST, Method.PUT, Method.DELETE, Method.PATCH}) {
            boolean isSiblings = template.endsWith("/input_tokens")
                    && List.of("GET", "DELETE").contains(method.name());
            if (!allowed.contains(method.name()) && !isSiblings) {
                String allow = ErrorWireTest.envelope(
                                given().contentType(ContentType.JSON)
                                        .body("{}")
                                        .request(method, concrete(template))
                                        .then(),
                                405)
                        .body("error.code", equalTo("method_not_supported"))
                        .extract()
                        .header("Allow");
                assertThat(new TreeSet<>(Arrays.asList(allow.split(", ", -1)))).isEqualTo(allowed);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("paths")
    void browsersOfOtherSitesAreGivenNoLeave(String template) {
        given().header("Origin", "https://elsewhere.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type")
                .options(concrete(template))
                .then()
                .statusCode(200)
                .header("Access-Control-Allow-Origin", nullValue())
                .header("Access-Control-Allow-Methods", nullValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/models/herd-tiny", "/llama/v1/models", "/openapi"})
    void headersCanBeAskedForAlone(String path) {
        assertThat(given().head(path).then().statusCode(200).extract().asString())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("postPaths")
    void wrongBodiesAreNamedOnEveryPath(String path) {
        ErrorWireTest.envelope(
                        given().contentType(ContentType.JSON)
                                .body("{")
                                .post(path)
                                .then(),
                        400)
                .body("error.code", equalTo("invalid_json"));
        ErrorWireTest.envelope(
                        given().contentType(ContentType.JSON)
                                .body("[]")
                                .post(path)
                                .then(),
                        400)
                .body("error.code", equalTo("invalid_type"));
        ErrorWireTest.envelope(given().contentType(ContentType.JSON).post(path).then(), 400)
                .body("error.code", equalTo("invalid_json"));
        ErrorWireTest.envelope(
                        given().contentType(ContentType.JSON)
                                .body("null")
                                .post(path)
                                .then(),
                        400)
                .body("error.code", equalTo("invalid_json"));
        ErrorWireTest.envelope(
                        given().contentType(ContentType.TEXT)
                                .body("{}")
                                .post(path)
                                .then(),
                        415)
                .body("error.code", equalTo("unsupported_media_type"));
        ErrorWireTest.envelope(
                given().accept("image/png")
                        .contentType(ContentType.JSON)
                        .body("{}")
                        .post(path)
                        .then(),
                406);
        ErrorWireTest.envelope(
                        given().contentType(ContentType.JSON)
                                .body("{\"x\":\"" + "a".repeat(WireTestProfile.MAX_BODY_BYTES) + "\"}")
                                .post(path)
                                .then(),
                        413)
                .body("error.code", equalTo("request_too_large"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/%00", "//", "/v1/responses//", "/v1/responses/a/b/c", "/llama"})
    void oddPathsAreAnsweredInTheEnvelope(String path) {
        var response = given().urlEncodingEnabled(false).get(path).then();

        assertThat(response.extract().statusCode()).isBetween(400, 499);
        ErrorWireTest.envelope(response, response.extract().statusCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /nothing", "GET /v1/models", "POST /v1/models", "DELETE /v1/responses/resp_0"})
    void connectionGoesOnAfterABodyThatNobodyRead(String line) throws Exception {
        String piece = "4e20\r\n" + "a".repeat(20_000) + "\r\n";
        String unread = line + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n" + piece + "0\r\n\r\n";
        String next = "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write((unread + next).getBytes(StandardCharsets.US_ASCII));

            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answers.split("HTTP/1\\.1 ", -1)).hasSize(3);
            assertThat(answers).contains("\"UP\"");
        }
    }

    @Test
    void everyErrorOfTheRouterHasItsEnvelope() {
        for (int status : new int[] {400, 404, 405, 406, 408, 413, 415, 431}) {
            assertThat(ErrorMappers.rejection(status).status()).isEqualTo(status);
            assertThat(ErrorMappers.rejection(status).body().error().type()).isEqualTo("invalid_request_error");
        }
        assertThat(ErrorMappers.rejection(501).status()).isEqualTo(500);
    }

    private static String concrete(String template) {
        return template.replace("{model}", "herd-tiny").replace("{id}", "resp_0");
    }
}
