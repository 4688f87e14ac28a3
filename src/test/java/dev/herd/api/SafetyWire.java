package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.EngineStatus;
import dev.herd.engine.FinishReason;
import dev.herd.runtime.ScriptedOpener;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;

/** What tests of policies over HTTP share. */
abstract class SafetyWire {
    static final String QUIET = "\"content\":{\"guard\":\"none\"},\"promptAttack\":{\"model\":\"none\"}";
    static final String FOX = "{" + QUIET + ",\"words\":[{\"id\":\"animals\",\"terms\":[\"red fox\"],"
            + "\"input\":\"%s\",\"output\":\"%s\"}]}";

    @Inject
    ScriptedOpener model;

    @Inject
    ScriptedSafety safety;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
        awaitStatus(status -> status.running() + status.waiting() == 0);
    }

    static ValidatableResponse chat(String fields) {
        return post("/v1/chat/completions", fields);
    }

    static ValidatableResponse post(String path, String fields) {
        return given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\"," + fields + "}")
                .post(path)
                .then();
    }

    static String content(String stream) {
        StringBuilder content = new StringBuilder();
        java.util.regex.Matcher deltas = java.util.regex.Pattern.compile("\"delta\":\\{\"content\":\"([^\"]*)\"")
                .matcher(stream);
        while (deltas.find()) {
            content.append(deltas.group(1));
        }
        return content.toString();
    }

    long cancelled() {
        return model.model().engine().status().finished().getOrDefault(FinishReason.CANCELLED, 0L);
    }

    void awaitStatus(Predicate<EngineStatus> condition) {
        EngineStatus status = model.model().engine().status();
        for (int glances = 0; glances < 6000 && !condition.test(status); glances++) {
            LockSupport.parkNanos(5_000_000);
            status = model.model().engine().status();
        }
        assertThat(status).matches(condition, "has come to the state that was waited for");
    }
}
