package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models, health, metrics and the API's own description. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class ServerWireTest {
    private static final Path STORED = Path.of("../openapi/herd.yaml");

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    @Test
    void modelsAreListedAndDescribed() {
        given().get("/v1/models")
                .then()
                .statusCode(200)
                .body("object", equalTo("list"))
                .body("data", hasSize(1))
                .body("data[0].id", equalTo("herd-tiny"))
                .body("data[0].object", equalTo("model"))
                .body("data[0].owned_by", equalTo("herd"));
        given().get("/v1/models/herd-tiny")
                .then()
                .statusCode(200)
                .body("id", equalTo("herd-tiny"))
                .body("created", greaterThan(1_700_000_000));
        ErrorWireTest.envelope(given().get("/v1/models/some/other").then(), 404)
                .body("error.code", equalTo("model_not_found"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"live", "ready", "started"})
    void healthIsUp(String kind) {
        given().get("/q/health/" + kind).then().statusCode(200).body("status", equalTo("UP"));
    }

    @Test
    void metricsCountWhatWasAnswered() {
        double before = metric("herd_generation_tokens_total");
        double finishedBefore = metric("herd_request_duration_seconds_count{finish_reason=\"stop\"}");
        given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(200);
        int tokens = model.model().tokenizer().encode("Hello, world!").length + 1;

        assertThat(metric("herd_generation_tokens_total")).isEqualTo(before + tokens);
        assertThat(metric("vllm:generation_tokens_total")).isEqualTo(before + tokens);
        assertThat(metric("herd_request_duration_seconds_count{finish_reason=\"stop\"}"))
                .isEqualTo(finishedBefore + 1);
        assertThat(metric("herd_requests_running")).isZero();
        assertThat(metric("vllm:num_requests_running")).isZero();
        assertThat(metric("vllm:num_requests_waiting")).isZero();
        assertThat(metric("vllm:kv_cache_usage_perc")).isZero();
        assertThat(metric("herd_time_to_first_token_seconds_count")).isPositive();
        assertThat(metric("herd_inter_token_latency_seconds_count")).isPositive();
    }

    private static double metric(String name) {
        String text = given().get("/q/metrics").then().statusCode(200).extract().asString();
        return text.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name + " in\n" + text));
    }

    @Test
    void openApiDocumentDescribesTheEndpoints() {
        given().queryParam("format", "json")
                .get("/openapi")
                .then()
                .statusCode(200)
                .body("paths.keySet()", hasItem("/v1/chat/completions"))
                .body("paths.keySet()", hasItem("/v1/models"))
                .body("paths.keySet()", hasItem("/v1/models/{model}"))
                .body("paths.'/v1/chat/completions'.post.responses.keySet()", hasItem("429"))
                .body(
                        "paths.'/v1/chat/completions'.post.responses.'200'.content.keySet()",
                        hasItem("text/event-stream"))
                .body("components.schemas.ChatCompletionRequest.properties.keySet()", hasItem("max_completion_tokens"))
                .body("components.schemas.ChatCompletionRequest.required", hasItem("messages"));
    }

    @Test
    void storedOpenApiDocumentIsTheServedOne() throws IOException {
        String served = given().get("/openapi").then().statusCode(200).extract().asString();
        if (Boolean.getBoolean("updateOpenApi")) {
            Files.writeString(STORED, served);
        }

        assertThat(Files.readString(STORED))
                .as("openapi/herd.yaml; after a change of the endpoint, run this test with -DupdateOpenApi=true")
                .isEqualTo(served);
    }
}
