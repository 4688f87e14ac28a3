package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.Vocabulary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BpeTrainerTest {
    @Test
    void mostFrequentPairBecomesTheFirstToken() {
        Vocabulary.GgufTokens vocabulary = BpeTrainer.train("abab abab cd", 2, List.of("<|eot|>"));

        assertThat(vocabulary.merges()).containsExactly("a b", "ab ab");
        assertThat(vocabulary.tokens()).hasSize(259).endsWith("ab", "abab", "<|eot|>");
        assertThat(vocabulary.tokenTypes()[257]).isEqualTo(1);
        assertThat(vocabulary.tokenTypes()[258]).isEqualTo(3);
    }

    @Test
    void learningEndsWhenTheTextHasNoMorePairs() {
        assertThat(BpeTrainer.train("abc", 10, List.of()).merges()).containsExactly("a b", "ab c");
        assertThat(BpeTrainer.train("", 10, List.of()).tokens()).hasSize(256);
    }

    @Test
    void mergesAreThoseOfCountingAnewEachTime() {
        for (int seed = 0; seed < 20; seed++) {
            String text = letters(new Random(seed), 400);

            assertThat(BpeTrainer.train(text, 40, List.of()).merges())
                    .as("seed %d", seed)
                    .isEqualTo(countedAnew(text, 40));
        }
    }

    @Test
    void builtInVocabularyHas1024Ids() {
        Vocabulary.GgufTokens vocabulary = BuiltInVocabulary.get();
        Tokenizer tokenizer = Tokenizers.of(vocabulary);

        assertThat(tokenizer.size()).isEqualTo(1024);
        assertThat(tokenizer.special("<|begin_of_text|>")).hasValue(1005);
        assertThat(tokenizer.special("<|patch|>")).hasValue(1023);
        assertThat(tokenizer.encode(BuiltInVocabulary.text()).length).isLessThan(3200);
        assertThat(BuiltInVocabulary.get().tokens()).isEqualTo(vocabulary.tokens());
    }

    private static String letters(Random random, int length) {
        var text = new StringBuilder();
        for (int at = 0; at < length; at++) {
            text.append(random.nextInt(5) == 0 ? ' ' : (char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }

    private static List<String> countedAnew(String text, int merges) {
        List<List<String>> words = new ArrayList<>();
        var splitter = new Llama4Splitter();
        int start = 0;
        while (start < text.length()) {
            int end = splitter.pieceEnd(text, start, text.length());
            words.add(new ArrayList<>(
                    List.of(text.substring(start, end).replace(' ', '\u0120').split(""))));
            start = end;
        }
        List<String> order = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            order.add(String.valueOf(ByteAlphabet.characterOf(value)));
        }
        List<String> learned = new ArrayList<>();
        while (learned.size() < merges) {
            Map<String, Integer> counts = new HashMap<>();
            words.forEach(word -> {
                for (int at = 1; at < word.size(); at++) {
                    counts.merge(word.get(at - 1) + " " + word.get(at), 1, Integer::sum);
                }
            });
            String best = counts.keySet().stream()
                    .min((one, other) -> {
                        int byCount = Integer.compare(counts.getOrDefault(other, 0), counts.getOrDefault(one, 0));
                        int byLeft = Integer.compare(left(order, one), left(order, other));
                        return byCount != 0
                                ? byCount
                                : byLeft != 0 ? byLeft : Integer.compare(right(order, one), right(order, other));
                    })
                    .orElseThrow();
            learned.add(best);
            String merged = best.replace(" ", "");
            if (!order.contains(merged)) {
                order.add(merged);
            }
            for (List<String> word : words) {
                for (int at = 0; at + 1 < word.size(); at++) {
                    if ((word.get(at) + " " + word.get(at + 1)).equals(best)) {
                        word.set(at, merged);
                        word.remove(at + 1);
                    }
                }
            }
        }
        return learned;
    }

    private static int left(List<String> order, String pair) {
        return order.indexOf(pair.substring(0, pair.indexOf(' ')));
    }

    private static int right(List<String> order, String pair) {
        return order.indexOf(pair.substring(pair.indexOf(' ') + 1));
    }
}
