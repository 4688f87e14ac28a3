package dev.herd.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class AnswerTextTest {
    private final Tokenizer tokenizer = Tokenizers.of(BuiltInVocabulary.get());

    @Test
    void anySplitIntoTokensGivesTheSameText() {
        String[] letters = {"a", "b", "c", " ", "é", "\ud83e\udd99", "\ud83e\udd8a"};
        for (int seed = 0; seed < 4000; seed++) {
            var random = new Random(seed);
            String text = words(random, letters, 30);
            List<String> stops = new ArrayList<>();
            for (int count = random.nextInt(4); count > 0; count--) {
                stops.add(words(random, letters, 1 + random.nextInt(4)) + letters[random.nextInt(letters.length)]);
            }

            assertThat(text(stops, randomSplit(random, text)))
                    .as("seed %d, text %s, stops %s", seed, text, stops)
                    .isEqualTo(cut(text, stops));
        }
    }

    @Test
    void stopStringAcrossTokensIsNeverHandedOut() {
        var answer = new AnswerText(tokenizer, List.of("STOP"));

        assertThat(answer.accept('x').text()).isEqualTo("x");
        assertThat(answer.accept('S').text()).isEmpty();
        assertThat(answer.accept('T').text()).isEmpty();
        assertThat(answer.accept('x').text()).isEqualTo("STx");
        for (char letter : "STO".toCharArray()) {
            assertThat(answer.accept(letter)).isEqualTo(new AnswerText.Update("", false));
        }
        assertThat(answer.accept('P')).isEqualTo(new AnswerText.Update("", true));
        assertThat(answer.accept('y')).isEqualTo(new AnswerText.Update("", true));
        assertThat(answer.finish()).isEmpty();
    }

    @Test
    void stopStringThatIsCompleteFirstCounts() {
        assertThat(text(List.of("abcd", "bc"), bytes("xabcd"))).isEqualTo("xa");
        assertThat(text(List.of("c", "abc"), bytes("xabcd"))).isEqualTo("x");
        assertThat(text(List.of("aab"), bytes("aaab"))).isEqualTo("a");
    }

    @Test
    void heldBackTextComesOutAtTheEnd() {
        assertThat(text(List.of("abcd"), bytes("xabc"))).isEqualTo("xabc");
    }

    @Test
    void incompleteCharacterAtTheEndBecomesAReplacement() {
        assertThat(text(List.of(), new int[] {'a', 0xe4, 0xb8})).isEqualTo("a\ufffd");
        assertThat(text(List.of("\ufffd"), new int[] {'a', 0xe4, 0xb8})).isEqualTo("a");
    }

    @Test
    void unpairedSurrogateInAStopStringNeverCutsACharacter() {
        assertThat(text(List.of("\udd99"), bytes("a\ud83e\udd99b"))).isEqualTo("a\ud83e\udd99b");
        assertThat(text(List.of("\ud83e"), bytes("a\ud83e\udd99b"))).isEqualTo("a\ud83e\udd99b");
    }

    @Test
    void characterThatMayBeginAStopStringIsHeldBackWhole() {
        var answer = new AnswerText(tokenizer, List.of("\ud83e\udd99!"));
        var parts = new ArrayList<String>();
        for (int token : bytes("\ud83e\udd99\ud83e\udd8a")) {
            parts.add(answer.accept(token).text());
        }

        parts.removeIf(String::isEmpty);
        assertThat(parts).containsExactly("\ud83e\udd99\ud83e\udd8a");
    }

    @Test
    void specialTokensAreNoText() {
        var answer = new AnswerText(tokenizer, List.of("<|eot|>"));

        assertThat(answer.accept(tokenizer.special("<|eot|>").orElseThrow()))
                .isEqualTo(new AnswerText.Update("", false));
        assertThat(answer.finish()).isEmpty();
    }

    @Test
    void specialTokensOfTheStyleAreShownByName() {
        int shown = tokenizer.special("<|python_start|>").orElseThrow();
        var answer = new AnswerText(tokenizer, List.of(), new AnswerText.Style(false, special -> special == shown, 0));

        assertThat(answer.accept(shown).text()).isEqualTo("<|python_start|>");
        assertThat(answer.accept(tokenizer.special("<|eot|>").orElseThrow()).text())
                .isEmpty();
    }

    @Test
    void stopStringIsShownWhenTheStyleSaysSo() {
        var answer = new AnswerText(tokenizer, List.of("STOP"), new AnswerText.Style(true, special -> false, 0));

        var text = new StringBuilder();
        for (int token : tokenizer.encode("a STOPPED")) {
            text.append(answer.accept(token).text());
        }

        assertThat(text.append(answer.finish()).toString()).isEqualTo("a STOP");
    }

    @Test
    void stopStringsAmongTheFirstTokensEndNothing() {
        var answer = new AnswerText(tokenizer, List.of("x"), new AnswerText.Style(false, special -> false, 2));

        var text = new StringBuilder();
        for (int token : bytes("xxaxb")) {
            text.append(answer.accept(token).text());
        }

        assertThat(text.toString()).isEqualTo("xxa");
    }

    @Test
    void emptyStopStringIsRefused() {
        assertThatThrownBy(() -> new AnswerText(tokenizer, List.of("a", "")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private String text(List<String> stops, int[] tokens) {
        var answer = new AnswerText(tokenizer, stops);
        var text = new StringBuilder();
        boolean isStopped = false;
        for (int token : tokens) {
            AnswerText.Update update = answer.accept(token);
            assertThat(isStopped && !(update.isStopped() && update.text().isEmpty()))
                    .isFalse();
            isStopped = update.isStopped();
            text.append(update.text());
        }
        return text.append(answer.finish()).toString();
    }

    /** Tokens whose bytes are those of {@code text}: whole tokens here, single bytes there. */
    private int[] randomSplit(Random random, String text) {
        List<Integer> tokens = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(6));
            if (end < text.length() && Character.isLowSurrogate(text.charAt(end))) {
                end++;
            }
            String part = text.substring(at, end);
            for (int token : random.nextBoolean() ? tokenizer.encode(part) : bytes(part)) {
                tokens.add(token);
            }
            at = end;
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private static String words(Random random, String[] letters, int most) {
        var text = new StringBuilder();
        for (int count = random.nextInt(most + 1); count > 0; count--) {
            text.append(letters[random.nextInt(letters.length)]);
        }
        return text.toString();
    }

    /** {@code text} to the start of the stop string that ends first, the longest if several end there. */
    private static String cut(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String head = text.substring(0, end);
            int longest = stops.stream()
                    .filter(head::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return text.substring(0, end - longest);
            }
        }
        return text;
    }

    /** The built-in vocabulary begins with the 256 bytes. */
    private static int[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] tokens = new int[bytes.length];
        for (int at = 0; at < tokens.length; at++) {
            tokens[at] = bytes[at] & 0xff;
        }
        return tokens;
    }
}
