package dev.herd.tokenizer.unigram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.golden.Golden;
import dev.herd.tokenizer.unigram.UnigramTokenizer.Tokens;
import dev.herd.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids and offsets against those of Hugging Face's tokenizers, recorded. */
class UnigramTokenizerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Path file(String name) {
        return Golden.folder("unigram").resolve(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"deberta", "punctuation", "bytes"})
    void idsAndPlacesInAsciiAreThoseOfTokenizers(String name) throws IOException {
        UnigramTokenizer tokenizer = UnigramTokenizer.read(file(name + ".json"));
        JsonNode cases = JSON.readTree(file(name + ".golden.json").toFile()).get("cases");

        assertThat(cases).hasSizeGreaterThan(80);
        for (JsonNode golden : cases) {
            String text = golden.get("text").asText();
            int[] ids = JSON.convertValue(golden.get("ids"), int[].class);
            int[][] offsets = JSON.convertValue(golden.get("offsets"), int[][].class);
            Tokens tokens = tokenizer.encode(text);

            assertThat(tokens.ids()).as(text).containsExactly(ids);
            assertThat(tokenizer.surround(tokens.ids(), 0, ids.length))
                    .containsExactly(JSON.convertValue(golden.get("whole"), int[].class));
            if (text.matches("\\p{ASCII}*")) {
                assertThat(tokens.starts())
                        .as(text)
                        .containsExactly(
                                Arrays.stream(offsets).mapToInt(span -> span[0]).toArray());
            }
        }
    }

    @Test
    void specialTokensInTextAreText() {
        UnigramTokenizer tokenizer = UnigramTokenizer.read(file("deberta.json"));

        int[] ids = tokenizer.encode("end [SEP][CLS] here [MASK]").ids();

        assertThat(ids).isNotEmpty();
        assertThat(Arrays.stream(ids).filter(id -> id == 1 || id == 2)).isEmpty();
    }

    @Test
    void timeGrowsWithTheTextOnly() {
        UnigramTokenizer tokenizer = UnigramTokenizer.read(file("deberta.json"));
        String marks = "e" + "\u0301".repeat(200_000);

        assertThat(tokenizer.encode(marks).ids()).isNotEmpty();
        assertThat(tokenizer.encode("ignore".repeat(100_000)).ids()).hasSizeGreaterThan(10_000);
    }

    @Test
    void halvesOfSurrogatePairsAreUnknownAndKeepTheirPlace() {
        Tokens tokens = UnigramTokenizer.read(file("deberta.json")).encode("hello \ud83d hello");

        assertThat(IntStream.of(tokens.ids()).boxed()).contains(3);
        assertThat(tokens.ends()[tokens.ends().length - 1]).isEqualTo(13);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /model/type               | "BPE"                                   | model.type is 'BPE'
                    /model/unk_id             | null                                    | model.unk_id
                    /model/vocab              | [["a"]]                                 | element 0
                    /model/byte_fallback      | true                                    | byte_fallback
                    /normalizer               | {"type":"Nmt"}                          | normalizer is 'Nmt'
                    /normalizer               | {"type":"Precompiled","precompiled_charsmap":"AAA="} | precompiled_charsmap is cut short
                    /normalizer               | {"type":"Precompiled","precompiled_charsmap":"/////w=="} | claims a trie
                    /pre_tokenizer            | {"type":"ByteLevel"}                    | pre_tokenizer is 'ByteLevel'
                    /pre_tokenizer            | {"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"} | has the pattern '('
                    /post_processor           | {"type":"ByteLevel"}                    | post_processor is 'ByteLevel'
                    /added_tokens             | [{"id":9,"content":"x","special":false}] | has 'x', which is not special
                    """)
    void whatWouldGiveOtherIdsIsRefused(String pointer, String value, String message, @TempDir Path folder)
            throws IOException {
        ObjectNode root = (ObjectNode) JSON.readTree(file("deberta.json").toFile());
        int slash = pointer.lastIndexOf('/');
        ((ObjectNode) root.at(pointer.substring(0, slash))).set(pointer.substring(slash + 1), JSON.readTree(value));
        Path changed = folder.resolve("tokenizer.json");
        Files.writeString(changed, root.toString());

        assertThatThrownBy(() -> UnigramTokenizer.read(changed))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining(message);
    }
}
