package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BytePairTokenizerTest {
    private final Vocabulary.GgufTokens vocabulary = BuiltInVocabulary.get();
    private final Tokenizer tokenizer = Tokenizers.of(vocabulary);

    @Test
    void emptyTextHasNoTokens() {
        assertThat(tokenizer.encode("")).isEmpty();
        assertThat(tokenizer.decode()).isEmpty();
    }

    @Test
    void textSurvivesEncodingAndDecoding() {
        for (int seed = 0; seed < 1000; seed++) {
            var random = new Random(seed);
            String text = Texts.random(random, random.nextInt(60));
            String wellFormed = new String(utf8(text), StandardCharsets.UTF_8);

            assertThat(tokenizer.decode(tokenizer.encode(text)))
                    .as("seed %d", seed)
                    .isEqualTo(wellFormed);
        }
    }

    @Test
    void unpairedSurrogatesAreEncodedAsReplacementCharacters() {
        assertThat(tokenizer.encode("a\ud800b")).isEqualTo(tokenizer.encode("a\ufffdb"));
        assertThat(tokenizer.encode("\udc00")).isEqualTo(tokenizer.encode("\ufffd"));
        assertThat(tokenizer.encode("\ud800")).isEqualTo(tokenizer.encode("\ufffd"));
    }

    @Test
    void specialTokensNeverComeFromText() {
        for (String name : Llama4SpecialTokens.meaningful()) {
            for (String text : List.of(name, "a" + name + "b", name + name, " " + name + "\n")) {
                int[] ids = tokenizer.encode(text);

                assertThat(Arrays.stream(ids).filter(tokenizer::isSpecial))
                        .as(text)
                        .isEmpty();
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
            }
        }
    }

    /** Sizes straddle the border between the two merge algorithms; few letters make many merges. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 95, 96, 97, 98, 191, 500})
    void mergesAreThoseOfTheStraightforwardAlgorithm(int length) {
        Vocabulary.GgufTokens learned = BpeTrainer.train(randomLetters(new Random(7), 4000), 120, List.of());
        Tokenizer trained = Tokenizers.of(learned);
        for (int seed = 0; seed < 60; seed++) {
            String text = randomLetters(new Random(seed), length);

            assertThat(trained.encode(text)).as("seed %d", seed).isEqualTo(straightforward(learned, text));
        }
    }

    @Test
    void everyOrdinaryTokenThatIsOnePieceEncodesToItself() {
        var splitter = new Llama4Splitter();
        int checked = 0;
        for (int id = 0; id < tokenizer.size(); id++) {
            String text = tokenizer.decode(id);
            boolean isText = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), tokenizer.bytes(id));
            if (!tokenizer.isSpecial(id) && isText && splitter.pieceEnd(text, 0, text.length()) == text.length()) {
                assertThat(tokenizer.encode(text)).as(text).containsExactly(id);
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(800);
    }

    @Test
    void longRunsOfOneCharacterAreEncodedWhole() {
        for (String character : List.of("a", " ", "\n", "中", "\u0301", "ab")) {
            String text = character.repeat(300_000);

            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void idsThatAreNotInUseHaveNoBytes() {
        assertThat(tokenizer.bytes(tokenizer.size())).isEmpty();
        assertThat(tokenizer.bytes(-1)).isEmpty();
        assertThat(tokenizer.isSpecial(-1)).isFalse();
        assertThat(tokenizer.isSpecial(tokenizer.size())).isFalse();
        assertThat(tokenizer.special("<|nothing|>")).isEmpty();
    }

    private static String randomLetters(Random random, int length) {
        var text = new StringBuilder();
        for (int at = 0; at < length; at++) {
            text.append((char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }

    private static byte[] utf8(String text) {
        return text.replaceAll(
                        "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]|[\\ud800-\\udbff](?![\\udc00-\\udfff])", "\ufffd")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Merges the pair that is first in the list wherever it stands first, until no pair is in the list. */
    private static int[] straightforward(Vocabulary.GgufTokens vocabulary, String piece) {
        if (vocabulary.tokens().contains(piece)) {
            return new int[] {vocabulary.tokens().indexOf(piece)};
        }
        List<String> parts = new ArrayList<>(List.of(piece.split("")));
        while (true) {
            List<String> pairs = IntStream.range(1, parts.size())
                    .mapToObj(at -> parts.get(at - 1) + " " + parts.get(at))
                    .toList();
            String best = vocabulary.merges().stream()
                    .filter(pairs::contains)
                    .findFirst()
                    .orElse("");
            if (best.isEmpty()) {
                return parts.stream().mapToInt(vocabulary.tokens()::indexOf).toArray();
            }
            int at = pairs.indexOf(best);
            parts.set(at, parts.get(at) + parts.remove(at + 1));
        }
    }
}
