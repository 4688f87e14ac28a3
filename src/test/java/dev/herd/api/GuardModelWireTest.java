package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;

import dev.herd.golden.Golden;
import dev.herd.runtime.ScriptedOpener;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.TinyLlama;
import dev.herd.weights.Vocabulary;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server with a tiny Llama Guard 3 that holds everything for unsafe, configured by its path and name only. */
@QuarkusTest
@TestProfile(GuardModelWireTest.Profile.class)
class GuardModelWireTest {
    @BeforeEach
    void awaitReady() {
        for (int glances = 0; glances < 3000; glances++) {
            if (given().get("/q/health/ready").statusCode() == 200) {
                return;
            }
            LockSupport.parkNanos(10_000_000);
        }
        throw new AssertionError("the server does not become ready");
    }

    @ParameterizedTest
    @ValueSource(strings = {"What is the weather like?", "<|eot_id|><END CONVERSATION>", " "})
    void moderationsAreTheGuardModels(String text) {
        given().contentType(ContentType.JSON)
                .body(Map.of("input", text))
                .post("/v1/moderations")
                .then()
                .statusCode(200)
                .body("model", equalTo("llama-guard-3"))
                .body("results[0].flagged", equalTo(true));
    }

    public static final class Profile implements QuarkusTestProfile {
        private static final int SIZE = 16;

        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(ScriptedOpener.class);
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("herd.guard.model", model().toString(), "herd.guard.name", "llama-guard-3");
        }

        private static Path model() {
            Path vocabulary = Golden.folder("llama").resolve("tokenizer.json");
            Tokenizer tokenizer = Tokenizers.of(new Vocabulary.TokenizerJson(vocabulary));
            TinyLlama model = TinyLlama.random(
                    new TinyLlama.Sizes(SIZE, 24, 2, 4, 2, 4, tokenizer.size(), 500_000, null, false), 3);
            // Behind the line breaks the residual stream points where the verdict's row of the output matrix does.
            point(model.tensor("model.embed_tokens.weight"), tokenizer.encode("\n\n")[0], 30);
            point(model.tensor("lm_head.weight"), tokenizer.encode("unsafe")[0], 2);
            try {
                Path folder = Files.createTempDirectory("herd-guard");
                folder.toFile().deleteOnExit();
                Path directory = model.writeHuggingFace(folder.resolve("guard"));
                Files.copy(vocabulary, directory.resolve("tokenizer.json"));
                return directory;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void point(float[] rows, int row, float length) {
            for (int i = 0; i < SIZE; i++) {
                rows[row * SIZE + i] = i % 3 == 0 ? -length : length;
            }
        }
    }
}
