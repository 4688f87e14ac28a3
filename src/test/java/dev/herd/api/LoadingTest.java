package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import dev.herd.runtime.SlowOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A server whose model takes its time. */
@QuarkusTest
@TestProfile(LoadingTest.Profile.class)
class LoadingTest {
    @Inject
    SlowOpener opener;

    @Test
    void portAnswersBeforeTheModelIsLoaded() {
        given().get("/q/health/live").then().statusCode(200).body("status", equalTo("UP"));
        given().get("/q/health/started").then().statusCode(503).body("status", equalTo("DOWN"));
        given().get("/q/health/ready").then().statusCode(503);
        for (String path : new String[] {"/v1/models", "/v1/models/herd-tiny"}) {
            ErrorWireTest.envelope(given().get(path).then(), 503).body("error.code", equalTo("model_loading"));
        }
        given().contentType(ContentType.JSON)
                .body("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .post("/v1/chat/completions")
                .then()
                .statusCode(503)
                .header("Retry-After", matchesPattern("[1-9]\\d*"))
                .body("error.type", equalTo("server_error"))
                .body("error.code", equalTo("model_loading"));
        given().get("/q/metrics").then().statusCode(200);

        opener.proceed();

        awaitReady();
        given().get("/q/health/started").then().statusCode(200);
        given().get("/v1/models").then().statusCode(200).body("data[0].id", equalTo("herd-tiny"));
    }

    private static void awaitReady() {
        for (int glances = 0; glances < 3000; glances++) {
            if (given().get("/q/health/ready").statusCode() == 200) {
                return;
            }
            LockSupport.parkNanos(10_000_000);
        }
        throw new AssertionError("the server does not become ready");
    }

    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(SlowOpener.class);
        }
    }
}
