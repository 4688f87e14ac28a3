package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GbnfParserTest {
    private static final String JSON = """
            # a small JSON
            root   ::= object
            value  ::= object | array | string | number | ("true" | "false" | "null") ws

            object ::=
              "{" ws (
                        string ":" ws value
                ("," ws string ":" ws value)*
              )? "}" ws

            array  ::=
              "[" ws (
                        value
                ("," ws value)*
              )? "]" ws

            string ::=
              "\\"" (
                [^"\\\\\\x7F\\x00-\\x1F] |
                "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
              )* "\\"" ws

            number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
            ws ::= | " " | "\\n" [ \\t]{0,20}
            """;

    @Test
    void theGrammarOfJsonIsReadAsLlamaCppReadsIt() {
        Constraint json = Constraint.of(Syntax.grammar(JSON));

        for (String text : new String[] {
            "{}", "{\"a\": 1}", "{\"a\": [1, {\"b\": null}, \"x\\ny\", true], \"é\": -1.5e3}", "{ }\n\t "
        }) {
            assertThat(RandomAnswers.accepts(json, text)).as(text).isTrue();
        }
        for (String text : new String[] {"", "[]", "{\"a\" 1}", "{\"a\": 01}", "{\"a\": \"\u0001\"}", "{}}", "{,}"}) {
            assertThat(RandomAnswers.accepts(json, text)).as(text).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '^', textBlock = """
                    root ::= "a"                               ! a          ! b
                    root ::= "ab"*                             ! abab       ! abb
                    root ::= "a" "b"+ "c"?                     ! abbc       ! ac
                    root ::= [a-c]{2}                          ! bc         ! abc
                    root ::= [a-c]{2,}                         ! abcabc     ! a
                    root ::= [a-c]{,2}                         ! ab         ! abc
                    root ::= [^a-c]                            ! é          ! b
                    root ::= [\\]\\-a]                         ! ]          ! b
                    root ::= .                                 ! 😀         ! ab
                    root ::= "\\u00e9\\x41"                    ! éA         ! eA
                    root ::= x | y\\nx ::= "1"\\ny ::= "2" | "3" ! 3          ! 4
                    root ::= "(" root ")" | "x"                ! ((x))      ! ((x)
                    root ::= "x" root "y" | "x" root "z" | "q" ! xxxqyzy    ! xxq
                    root ::= ("a"\\n| "b")\\n  | "c"             ! b          ! d
                    root ::= e "x"\\ne ::= | "e"                ! x          ! ee
                    root ::= list\\nlist ::= "i" list | "i"     ! iiiii      ! ij
                    root ::= (e e e){3}\\ne ::= "e"?            ! eeeeeeeee  ! eeeeeeeeee
                    """)
    void notationMeansWhatLlamaCppMeans(String grammar, String member, String stranger) {
        Constraint constraint =
                Constraint.of(Syntax.grammar(grammar.replace("\\n", "\n").replace("\\\\", "\\")));

        assertThat(RandomAnswers.accepts(constraint, member)).isTrue();
        assertThat(RandomAnswers.accepts(constraint, stranger)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '^', textBlock = """
                    x ::= "a"                       ! no rule named 'root'
                    root ::= y                      ! uses the rule 'y' but does not define it
                    root ::= "a"\\nroot ::= "b"      ! line 2: the rule 'root' is defined twice
                    root = "a"                      ! '::=' is missing
                    root ::= "a                     ! a literal is not closed
                    root ::= [a                     ! a character class is not closed
                    root ::= ("a"                   ! ')' is missing
                    root ::= *                      ! nothing to repeat
                    root ::= "a"{2,1}               ! wrong way round
                    root ::= "a"{2000}              ! more than 1000 times
                    root ::= "\\q"                  ! a backslash is followed by
                    root ::= [b-a]                  ! from a higher to a lower
                    root ::= "a" )                  ! something follows
                    root ::= "\\uD800"              ! does not exist
                    root ::= root "a" | "b"         ! 'root' can begin with itself
                    root ::= e root "a" | "b"\\ne ::= "x"? ! 'root' can begin with itself
                    root ::= "a" root               ! No text can fulfil
                    """)
    void faultsAreNamed(String grammar, String problem) {
        assertThatThrownBy(() -> Constraint.of(
                        Syntax.grammar(grammar.replace("\\n", "\n").replace("\\\\", "\\"))))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void aRuleOffTheCircleIsNotBlamed() {
        assertThatThrownBy(() -> Constraint.of(Syntax.grammar("root ::= a\na ::= b \"x\" | c\nb ::= a\nc ::= \"c\"")))
                .hasMessageMatching("The rule '[ab]' can begin with itself.*");
    }
}
