package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hugging Face's ids for twenty texts, from its own tokenizer on the fixture's tokenizer.json. */
final class TokenizerGoldenTest {
    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void everyGoldenTextHasTheIdsOfTheReference(String fixture) throws IOException {
        Tokenizer tokenizer = Tokenizers.of(Goldens.vocabulary(fixture));
        JsonNode goldens = golden(fixture).get("tokenizer");

        assertThat(goldens).hasSize(20);
        for (JsonNode golden : goldens) {
            String text = golden.get("text").asText();
            List<Integer> ids = ids(golden.get("ids"));

            assertThat(encodeWithSpecials(tokenizer, text, golden(fixture)))
                    .as(text)
                    .isEqualTo(ids);
            assertThat(tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray()))
                    .isEqualTo(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void specialTokensHaveTheIdsOfTheReference(String fixture) throws IOException {
        Tokenizer tokenizer = Tokenizers.of(Goldens.vocabulary(fixture));

        JsonNode specials = golden(fixture).get("special_tokens");
        assertThat(specials).hasSize(19);
        for (var special : specials.properties()) {
            assertThat(tokenizer.special(special.getKey()))
                    .hasValue(special.getValue().asInt());
            assertThat(tokenizer.isSpecial(special.getValue().asInt())).isTrue();
            assertThat(tokenizer.decode(special.getValue().asInt())).isEqualTo(special.getKey());
        }
        assertThat(tokenizer.size()).isEqualTo(719);
    }

    /** The reference recognises special tokens in any text; ours does not, so their places are found here. */
    private static List<Integer> encodeWithSpecials(Tokenizer tokenizer, String text, JsonNode golden) {
        List<Integer> ids = new ArrayList<>();
        String rest = text;
        for (var special : golden.get("special_tokens").properties()) {
            if (rest.startsWith(special.getKey())) {
                ids.add(special.getValue().asInt());
                rest = rest.substring(special.getKey().length());
            }
        }
        for (int id : tokenizer.encode(rest)) {
            ids.add(id);
        }
        return ids;
    }

    private static List<Integer> ids(JsonNode array) {
        Stream<JsonNode> nodes = StreamSupport.stream(array.spliterator(), false);
        return nodes.map(JsonNode::asInt).toList();
    }

    private static JsonNode golden(String fixture) throws IOException {
        return new ObjectMapper().readTree(Goldens.file(fixture, "golden.json").toFile());
    }
}
