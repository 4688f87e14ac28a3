package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mask, which is computed over a tree and in slices, against one token after the other, byte by byte. */
final class TokenMaskTest {
    private static final int NO_LIMIT = Integer.MAX_VALUE - 1;

    static List<Syntax> syntaxes() {
        return List.of(
                Syntax.jsonObject(),
                Syntax.jsonSchema("{}"),
                Syntax.jsonSchema("{\"type\":\"string\",\"maxLength\":5}"),
                Syntax.jsonSchema("{\"type\":\"string\",\"minLength\":20,\"maxLength\":40}"),
                Syntax.jsonSchema("{\"type\":\"string\",\"pattern\":\"^[a-z ]{0,12}$\"}"),
                Syntax.jsonSchema("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},"
                        + "\"additionalProperties\":{\"type\":\"integer\"}}"),
                Syntax.regex(".*"),
                Syntax.regex("(the|there|then)+ [^x]*x"),
                Syntax.regex("[\\s\\S]{0,7}"),
                Syntax.textUntil(List.of("the", "ill", "[")),
                Syntax.grammar("root ::= \"(\" root \")\" | \"[\" root? \"]\" | [a-z]+"),
                Syntax.sequence(Syntax.textWithout(List.of("e")), Syntax.special("<|python_start|>")));
    }

    @ParameterizedTest
    @MethodSource("syntaxes")
    void aTokenIsAllowedExactlyIfEachOfItsBytesIs(Syntax syntax) {
        for (long seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            Steps steps = new Steps(syntax, RandomAnswers.TRIE);
            Configuration current = steps.configurations.start();
            for (int step = 0; step < 25; step++) {
                int limit = random.nextBoolean() ? NO_LIMIT : random.nextInt(12);
                TokenMask mask = steps.builder.build(current, limit);
                List<Configuration> followers = new ArrayList<>();
                for (int token = 0; token < RandomAnswers.TRIE.size(); token++) {
                    Configuration next = steps.advance(current, RandomAnswers.TRIE.bytes(token));
                    boolean isAllowed = next != steps.configurations.dead() && next.cost() <= limit;

                    assertThat(mask.allows(token))
                            .as(
                                    "token %d '%s' in step %d, seed %d, limit %d",
                                    token, RandomAnswers.TOKENIZER.decode(token), step, seed, limit)
                            .isEqualTo(isAllowed);
                    if (next != steps.configurations.dead()) {
                        followers.add(next);
                    }
                }
                if (followers.isEmpty()) {
                    break;
                }
                current = followers.get(random.nextInt(followers.size()));
            }
        }
    }

    private static final class Steps {
        private final Nfa nfa;
        private final Configurations configurations;
        private final MaskBuilder builder;

        Steps(Syntax syntax, TokenTrie trie) {
            nfa = Constraint.of(syntax).nfa();
            configurations = new Configurations(nfa, new TokenCosts(nfa, trie.all()));
            builder = new MaskBuilder(nfa, trie, configurations);
        }

        Configuration advance(Configuration from, byte[] bytes) {
            Configuration current = bytes.length == 0 ? configurations.dead() : from;
            for (int at = 0; at < bytes.length && current != configurations.dead(); at++) {
                current = configurations.next(current, nfa.classOf(bytes[at] & 0xff));
            }
            return current;
        }
    }

    @Test
    void tokensThatCutCharactersFitWhereTheRestFollows() {
        byte[] smile = "😀".getBytes(StandardCharsets.UTF_8);
        FakeTokenizer tokenizer = new FakeTokenizer(List.of(
                Arrays.copyOf(smile, 2),
                Arrays.copyOfRange(smile, 2, 4),
                smile,
                new byte[] {(byte) 0xff},
                new byte[] {(byte) 0x80},
                new byte[] {(byte) 0xc0},
                new byte[] {'"'},
                new byte[] {'"', smile[0]},
                new byte[] {smile[3], '"'},
                new byte[] {(byte) 0xed, (byte) 0xa0}));
        TokenGrammar grammar =
                new TokenGrammar(Constraint.of(Syntax.jsonSchema("{\"type\":\"string\"}")), TokenTrie.of(tokenizer));
        Matcher matcher = grammar.matcher();

        assertThat(allowed(matcher, tokenizer)).containsExactly(6); // 7 leads where no token goes on
        matcher.advance(6);
        assertThat(allowed(matcher, tokenizer)).containsExactly(0, 2, 6);
        matcher.advance(0);
        assertThat(allowed(matcher, tokenizer)).containsExactly(1, 4);
        matcher.advance(4);
        assertThat(allowed(matcher, tokenizer)).containsExactly(4, 8);
        matcher.advance(8);
        assertThat(matcher.isComplete()).isTrue();
        assertThat(allowed(matcher, tokenizer)).isEmpty();
    }

    private static List<Integer> allowed(Matcher matcher, FakeTokenizer tokenizer) {
        TokenMask mask = matcher.mask(1000, 1);
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < tokenizer.size(); token++) {
            if (mask.allows(token)) {
                allowed.add(token);
            }
        }
        return allowed;
    }

    @Test
    void logitsOfOtherTokensBecomeNegativeInfinity() {
        for (int size : new int[] {1, 63, 64, 65, 127, 130}) {
            long[] words = new long[(size + 63) / 64];
            Random random = new Random(size);
            for (int i = 0; i < words.length; i++) {
                words[i] = i == 1 ? -1L : random.nextLong();
            }
            TokenMask mask = new TokenMask(words, 0, 1);
            float[] logits = new float[size + 3];
            Arrays.fill(logits, 2);

            mask.apply(logits);

            for (int token = 0; token < logits.length; token++) {
                boolean isAllowed = token < words.length * 64 && (words[token / 64] >>> token % 64 & 1) != 0;
                assertThat(logits[token]).isEqualTo(isAllowed ? 2 : Float.NEGATIVE_INFINITY);
                assertThat(mask.allows(token)).isEqualTo(isAllowed);
            }
        }
    }

    @Test
    void aTokenIsOfferedOnlyIfTheRestFitsTheBudget() {
        String schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"a long required name\":"
                + "{\"type\":\"string\"}},\"required\":[\"a long required name\"]}}";
        TokenGrammar grammar = RandomAnswers.grammar(Syntax.compactJsonSchema(schema));
        int least = grammar.matcher().cost();
        assertThat(least).isEqualTo(2);
        for (int budget = least + 1; budget < 60; budget++) {
            for (long seed = 0; seed < 5; seed++) {
                assertThat(RandomAnswers.write(grammar, seed, budget).isFinished())
                        .as("budget %d, seed %d", budget, seed)
                        .isTrue();
            }
        }
    }

    @Test
    void aBudgetBelowTheLeastIsUsedUp() {
        TokenGrammar grammar = RandomAnswers.grammar(
                Syntax.compactJsonSchema("{\"const\":\"this value is quite a lot longer than four tokens\"}"));

        RandomAnswers.Answer answer = RandomAnswers.write(grammar, 1, 4);

        assertThat(answer.isFinished()).isFalse();
        assertThat(answer.tokens()).isEqualTo(4);
        assertThat("\"this value is quite a lot longer than four tokens\"").startsWith(answer.text());
    }

    @Test
    void literalsCostTheFewestTokensTheyCanBeCutInto() {
        TokenTrie trie = TokenTrie.of(FakeTokenizer.of("a", "b", "ab", "aba", "bab", "c"));
        for (var text : List.of("a=1", "ab=1", "abab=2", "ababab=2", "abac=2", "cabab=3", "aa=2")) {
            String literal = text.substring(0, text.indexOf('='));
            TokenGrammar grammar = new TokenGrammar(Constraint.of(Syntax.literal(literal)), trie);

            assertThat(literal + "=" + grammar.matcher().cost()).isEqualTo(text);
        }
    }
}
