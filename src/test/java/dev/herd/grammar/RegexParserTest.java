package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RegexParserTest {
    private static final String ALPHABET = "abcxyz01 _-\n\t\"\\.é€😀";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "abc",
                "a|b",
                "a*",
                "a+b?",
                "(a|b)*c",
                "[abc]+",
                "[^abc]*",
                "[a-c0-1]{2,3}",
                "\\d+",
                "\\D{2}",
                "\\w*",
                "\\W",
                "\\s",
                "a\\sb",
                ".",
                ".*",
                "(?:ab)+",
                "(?<n>a)b",
                "a{0}",
                "a{2}",
                "a{1,}",
                "a{0,2}b",
                "(a*)*",
                "(a|ab)(c|bc)*",
                "(a+)+b",
                "[\\w-]+",
                "[-a]+",
                "[a\\-z]",
                "\\x61\\u0062",
                "[é€]+",
                "😀|é",
                "[^\\n]+",
                "a??b",
                "(|a)b",
                "((a|b)(c|x)?)+",
                "\\.\\\\\"",
                "[\\d_]{1,2}[^\\s]",
                "\\p{L}+",
                "\\P{Ll}*"
            })
    void aTextIsAcceptedExactlyIfJavaMatchesIt(String regex) {
        Constraint constraint = Constraint.of(Syntax.regex(regex));
        Pattern java = Pattern.compile(regex);
        for (long seed = 0; seed < 300; seed++) {
            String text = text(new Random(seed));

            assertThat(RandomAnswers.accepts(constraint, text))
                    .as("%s on '%s', seed %d", regex, text, seed)
                    .isEqualTo(java.matcher(text).matches());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "^a", "a$", "^a$", "^a|b$", "^(a|b)c*", "(^a|b$)", "x[ab]", "^$", "^", "$"})
    void aPatternOfASchemaIsSearchedFor(String regex) {
        Constraint constraint = Constraint.of(Syntax.jsonSchema("{\"type\":\"string\",\"pattern\":\"" + regex + "\"}"));
        Pattern java = Pattern.compile(regex.replace("$", "\\z"));
        for (long seed = 0; seed < 300; seed++) {
            String text = text(new Random(seed));
            String json = JsonTree.text(new JsonTree.Str(text));

            assertThat(RandomAnswers.accepts(constraint, json))
                    .as("%s on '%s', seed %d", regex, text, seed)
                    .isEqualTo(java.matcher(text).find());
        }
    }

    private static String text(Random random) {
        int[] characters = ALPHABET.codePoints().toArray();
        int range = random.nextBoolean() ? characters.length : 6;
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(6); length > 0; length--) {
            text.appendCodePoint(characters[random.nextInt(range)]);
        }
        return text.toString();
    }

    @Test
    void aRandomPatternAcceptsWhatJavaAccepts() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            String regex = regex(random, 4);
            Constraint constraint = Constraint.of(Syntax.regex(regex));
            Pattern java = Pattern.compile(regex);
            for (int i = 0; i < 40; i++) {
                String text = text(random);

                assertThat(RandomAnswers.accepts(constraint, text))
                        .as("%s on '%s', seed %d", regex, text, seed)
                        .isEqualTo(java.matcher(text).matches());
            }
        }
    }

    private static String regex(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 3)) {
            case 0 -> String.valueOf("abcx".charAt(random.nextInt(4)));
            case 1 -> "[a-c]";
            case 2 -> ".";
            case 3 -> "(?:" + regex(random, depth - 1) + ")*";
            case 4 -> "(?:" + regex(random, depth - 1) + "){1,2}";
            case 5 -> "(?:" + regex(random, depth - 1) + "|" + regex(random, depth - 1) + ")";
            default -> regex(random, depth - 1) + regex(random, depth - 1);
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    (a)\\1        | \\1, which is not supported
                    a\\b          | \\b, which is not supported
                    (?=a)b        | look-around
                    (?<!a)b       | look-around
                    (?i)a         | look-around, a flag
                    a++           | quantifier on a quantifier
                    a**           | quantifier on a quantifier
                    *a            | nothing to repeat
                    (a            | not closed
                    a)            | closing parenthesis too many
                    [a            | not closed
                    []            | empty character class
                    [b-a]         | lower to a higher
                    a{3,2}        | wrong way round
                    a{1001}       | more than 1000 times
                    a^b           | anchor
                    (a$)b         | anchor
                    \\p{Nonsense} | Unicode property
                    \\u12         | hexadecimal digits
                    \\ud800       | surrogate
                    \\            | ends with a backslash
                    """)
    void whatIsBeyondTheSubsetIsRefusedByName(String regex, String problem) {
        assertThatThrownBy(() -> Syntax.regex(regex.replace("\\\\", "\\")))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining(problem)
                .hasMessageEndingWith(").");
    }

    @Test
    void repetitionsOfRepetitionsAreBounded() {
        Syntax great = Syntax.regex("((a{1000}){1000}){1000}");

        assertThatThrownBy(() -> Constraint.of(great)).hasMessageContaining("more than 200000 states");
    }
}
