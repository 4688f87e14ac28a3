package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.Vocabulary.SplitRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerJsonTest {
    @TempDir
    Path temporary;

    @Test
    void readsTheFixturesVocabulary() {
        Vocabulary.GgufTokens tokens =
                TokenizerJson.asTokens(GoldenFiles.directory("scout").resolve("tokenizer.json"));

        assertThat(tokens.tokens()).hasSize(719).doesNotHaveDuplicates();
        assertThat(tokens.tokens().get(708)).isEqualTo("<|eot|>");
        assertThat(tokens.tokenTypes()[708]).isEqualTo(3);
        assertThat(tokens.tokenTypes()[699]).isEqualTo(1);
        assertThat(tokens.merges()).hasSize(444).allMatch(merge -> merge.split(" ", -1).length == 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"a b\",\"ab c\"]", "[[\"a\",\"b\"],[\"ab\",\"c\"]]"})
    void readsMergesAsTextsAndAsPairs(String merges) {
        String split = SplitRules.LLAMA_4.expression().replace("\\", "\\\\");
        Vocabulary.GgufTokens tokens = read("{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" + split
                + "\"}},\"added_tokens\":[{\"id\":5,\"content\":\"<x>\",\"special\":true},"
                + "{\"id\":4,\"content\":\"<y>\",\"special\":false}],"
                + "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":2,\"c\":1},\"merges\":" + merges + "}}");

        assertThat(tokens.tokens()).containsExactly("a", "c", "b", "[PAD3]", "<y>", "<x>");
        assertThat(tokens.tokenTypes()).containsExactly(1, 1, 1, 5, 4, 3);
        assertThat(tokens.merges()).containsExactly("a b", "ab c");
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("[]", "has the document, which is no JSON object"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":0}", "is no valid JSON"),
                Arguments.of("{}", "has no vocabulary in model.vocab"),
                Arguments.of("{\"model\":{\"type\":\"Unigram\"}}", "model of type 'Unigram'; Herd reads 'BPE'"),
                Arguments.of("{\"model\":{\"vocab\":[]}}", "has model.vocab, which is no JSON object"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":0,\"b\":0}}}", "gives id 0 to two tokens"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":-1}}}", "token id -1, not in"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":2000000000}}}", "token id 2000000000, not in"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":\"0\"}}}", "which is no whole number"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"ab\"]}}", "merge 'ab', which is no pair"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[[\"a\"]]}}", "merge 0, which is no pair"),
                Arguments.of("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[7]}}", "neither a text nor a pair"),
                Arguments.of("{\"added_tokens\":[{\"id\":7}]}", "added token without id or content"),
                Arguments.of("{\"added_tokens\":{}}", "has added_tokens, which is no JSON array"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesWhatIsNoByteLevelBpe(String json, String expected) {
        assertThat(Allocations.refusal(() -> read(json)))
                .startsWith(temporary.resolve("tokenizer.json") + ": ")
                .contains(expected);
    }

    @Test
    void tellsLlama3sSplitRulesFromLlama4s() {
        String vocabulary = ",\"model\":{\"vocab\":{\"a\":0}}}";
        String nested =
                "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":";

        for (SplitRules rules : SplitRules.values()) {
            String expression = rules.expression().replace("\\", "\\\\");
            assertThat(read(nested + "\"" + expression + "\"}},{\"type\":\"ByteLevel\"}]}" + vocabulary)
                            .splitRules())
                    .isEqualTo(rules);
        }
        assertThat(Allocations.refusal(() -> read(nested + "\"a+\"}}]}" + vocabulary)))
                .endsWith("does not split text by the expression of Llama 3 or Llama 4");
        assertThat(Allocations.refusal(() -> read("{\"pre_tokenizer\":null" + vocabulary)))
                .endsWith("does not split text by the expression of Llama 3 or Llama 4");
    }

    private Vocabulary.GgufTokens read(String json) {
        try {
            return TokenizerJson.asTokens(Files.writeString(temporary.resolve("tokenizer.json"), json));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
