package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tiny Llama 3 with tied embeddings and scaled rotary positions, against what llama.cpp makes of its GGUF file. */
final class LlamaGoldenTest {
    private static final double TOLERANCE = 1e-4;
    private static final Path FOLDER = Golden.folder("llama");

    private static Path path(String format) {
        return format.equals("gguf") ? FOLDER.resolve("llama.gguf") : FOLDER;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf", "safetensors"})
    void logitsEqualLlamaCpps(String format) {
        List<Golden> cases = Golden.casesOf("llama");

        assertThat(cases).extracting(golden -> golden.tokens().length).containsExactlyInAnyOrder(1, 15, 17, 33, 100);
        try (Checkpoint checkpoint = Checkpoints.open(path(format))) {
            for (Golden golden : cases) {
                assertThat(Scoring.largestError(golden.logits(), Scoring.score(checkpoint, golden.tokens())))
                        .as(golden.name())
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf", "safetensors"})
    void textsHaveLlamaCppsTokens(String format) throws IOException {
        JsonNode golden =
                new ObjectMapper().readTree(FOLDER.resolve("golden.json").toFile());
        assertThat(golden.get("texts")).hasSize(227);
        try (Checkpoint checkpoint = Checkpoints.open(path(format))) {
            Tokenizer tokenizer = Tokenizers.of(checkpoint.vocabulary());

            for (JsonNode text : golden.get("texts")) {
                int[] ids = tokenizer.encode(text.get("text").asText());
                assertThat(ids)
                        .as(text.get("text").asText())
                        .containsExactly(IntStream.range(0, text.get("ids").size())
                                .map(i -> text.get("ids").get(i).asInt())
                                .toArray());
                assertThat(tokenizer.decode(ids)).isEqualTo(text.get("text").asText());
            }
            assertThat(golden.get("special_tokens")).hasSize(16);
            golden.get("special_tokens")
                    .properties()
                    .forEach(special -> assertThat(tokenizer.special(special.getKey()))
                            .hasValue(special.getValue().asInt()));
        }
    }

    @Test
    void severalTokensEndAnAnswer() {
        try (Checkpoint checkpoint = Checkpoints.open(FOLDER)) {
            Tokenizer tokenizer = Tokenizers.of(checkpoint.vocabulary());

            assertThat(checkpoint.generationDefaults().stopTokens())
                    .extracting(id -> tokenizer.decode(id))
                    .containsExactly("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>");
        }
    }
}
