package dev.herd.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The reference checkpoints' vocabularies. */
final class Goldens {
    private Goldens() {}

    static Path file(String fixture, String name) {
        try {
            return Path.of(Objects.requireNonNull(Goldens.class.getResource("/golden/" + fixture + "/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static Vocabulary.TokenizerJson vocabulary(String fixture) {
        return new Vocabulary.TokenizerJson(file(fixture, "tokenizer.json"));
    }

    /** The same vocabulary as a GGUF file would hold it. */
    static Vocabulary.GgufTokens gguf(String fixture) {
        try {
            JsonNode json =
                    new ObjectMapper().readTree(vocabulary(fixture).file().toFile());
            int base = json.at("/model/vocab").size();
            String[] tokens = new String[base + json.get("added_tokens").size()];
            json.at("/model/vocab")
                    .properties()
                    .forEach(entry -> tokens[entry.getValue().asInt()] = entry.getKey());
            json.get("added_tokens")
                    .forEach(added -> tokens[added.get("id").asInt()] =
                            added.get("content").asText());
            int[] types = new int[tokens.length];
            Arrays.fill(types, 0, base, 1);
            Arrays.fill(types, base, types.length, 3);
            List<String> merges = new ArrayList<>();
            json.at("/model/merges")
                    .forEach(merge -> merges.add(
                            merge.get(0).asText() + " " + merge.get(1).asText()));
            return new Vocabulary.GgufTokens(List.of(tokens), types, merges);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
