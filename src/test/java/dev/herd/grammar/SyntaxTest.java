package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SyntaxTest {
    @Test
    void partsAreJoinedRepeatedAndLeftOut() {
        Constraint constraint = Constraint.of(Syntax.sequence(
                Syntax.literal("<"),
                Syntax.repeat(Syntax.oneOfTexts(List.of("ab", "a", "é")), 1, 3),
                Syntax.optional(Syntax.literal("!")),
                Syntax.repeat(Syntax.literal("."), 2)));

        for (String text : List.of("<a..", "<aba!...", "<ééé..", "<abab..")) {
            assertThat(RandomAnswers.accepts(constraint, text)).as(text).isTrue();
        }
        for (String text : List.of("<..", "<aaaa..", "<a!!..", "<a.", "<b..")) {
            assertThat(RandomAnswers.accepts(constraint, text)).as(text).isFalse();
        }
    }

    @Test
    void textEndsWithTheFirstOfItsWords() {
        List<String> words = List.of("aab", "ba", "ca€");
        Constraint until = Constraint.of(Syntax.textUntil(words));
        Constraint without = Constraint.of(Syntax.textWithout(words));
        for (long seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            StringBuilder made = new StringBuilder();
            for (int length = random.nextInt(8); length > 0; length--) {
                made.append("aabbc€".charAt(random.nextInt(6)));
            }
            String text = made.toString();
            int first = words.stream()
                    .mapToInt(word -> text.contains(word) ? text.indexOf(word) + word.length() : Integer.MAX_VALUE)
                    .min()
                    .orElseThrow();

            assertThat(RandomAnswers.accepts(until, text))
                    .as("%s, seed %d", text, seed)
                    .isEqualTo(first == text.length());
            assertThat(RandomAnswers.accepts(without, text))
                    .as("%s, seed %d", text, seed)
                    .isEqualTo(first == Integer.MAX_VALUE);
        }
    }

    @Test
    void aSpecialTokenIsNotItsName() {
        FakeTokenizer tokenizer = new FakeTokenizer(List.of(
                "<|call|>".getBytes(StandardCharsets.UTF_8),
                "<".getBytes(StandardCharsets.UTF_8),
                "|call|>".getBytes(StandardCharsets.UTF_8),
                new byte[] {(byte) 0xff},
                "x".getBytes(StandardCharsets.UTF_8)));
        TokenTrie trie = TokenTrie.of(tokenizer);
        Matcher special = new TokenGrammar(
                        Constraint.of(Syntax.sequence(Syntax.special("<|call|>"), Syntax.literal("x"))), trie)
                .matcher();
        Matcher literal = new TokenGrammar(Constraint.of(Syntax.literal("<|call|>")), trie).matcher();

        assertThat(special.cost()).isEqualTo(2);
        assertThat(allowed(special)).containsExactly(0);
        assertThat(allowed(literal)).containsExactly(1);
        special.advance(0);
        assertThat(allowed(special)).containsExactly(4);
    }

    private static List<Integer> allowed(Matcher matcher) {
        TokenMask mask = matcher.mask(100, 1);
        return List.of(0, 1, 2, 3, 4).stream().filter(mask::allows).toList();
    }

    @Test
    void aToolCallIsPutTogether() {
        Syntax arguments = Syntax.jsonSchema("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},"
                + "\"required\":[\"city\"],\"additionalProperties\":false}");
        Syntax call = Syntax.sequence(
                Syntax.literal("{\"name\": \"weather\", \"parameters\": "), arguments, Syntax.literal("}"));
        TokenGrammar grammar = RandomAnswers.grammar(Syntax.oneOf(List.of(call, Syntax.literal("none"))));

        for (long seed = 0; seed < 20; seed++) {
            assertThat(RandomAnswers.write(grammar, seed, 80).text())
                    .as("seed %d", seed)
                    .matches("(?s)none|\\{\"name\": \"weather\", \"parameters\": \\{\\s*\"city\":\\s?.*}}");
        }
    }

    @Test
    void aMatcherIsCopiedAsFarAsItHasCome() {
        TokenGrammar grammar = RandomAnswers.grammar(Syntax.regex("a[bc]"));
        Matcher matcher = grammar.matcher();
        int first = RandomAnswers.TOKENIZER.encode("a")[0];
        int second = RandomAnswers.TOKENIZER.encode("b")[0];
        matcher.advance(first);
        Matcher copy = matcher.copy();

        copy.advance(second);

        assertThat(copy.isComplete()).isTrue();
        assertThat(matcher.accepts()).isFalse();
        assertThatThrownBy(() -> matcher.advance(first))
                .hasMessage("the constraint does not allow token " + first + " here");
        assertThat(matcher.mask(10, 1).allows(second)).isTrue();
    }

    @Test
    void ambiguityCostsTimeOnlyToABound() {
        Syntax hostile = Syntax.regex("([a-z ]{0,40}[a-y ]{0,40}){0,40}[a-x ]{0,40}");
        Matcher matcher = RandomAnswers.grammar(hostile).matcher();

        assertThatThrownBy(() -> {
                    for (int step = 0; step < 200; step++) {
                        matcher.advance(
                                RandomAnswers.allowed(matcher.mask(1000, 1)).getLast());
                    }
                })
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining("too ambiguous");
    }

    @Test
    void wordsAndChoicesMustExist() {
        assertThatThrownBy(() -> Syntax.oneOf(List.of())).hasMessage("There is nothing to choose from.");
        assertThatThrownBy(() -> Syntax.textUntil(List.of(""))).hasMessageContaining("must not be empty");
    }
}
