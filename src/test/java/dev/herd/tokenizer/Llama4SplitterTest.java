package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.Vocabulary.SplitRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class Llama4SplitterTest {
    private static final String SPACE =
            "\\t-\\r\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
    private static final String UP = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOW = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
    private static final String SUFFIX = "(?iu:'s|'t|'re|'ve|'m|'ll|'d)?";

    /** The specification's expression, written for java.util.regex independently of the scanner. */
    private static final Pattern TWIN = Pattern.compile(PREFIX + UP + "*" + LOW + "+" + SUFFIX + "|" + PREFIX + UP + "+"
            + LOW + "*" + SUFFIX + "|\\p{N}{1,3}| ?[^" + SPACE + "\\p{L}\\p{N}]+[\\r\\n/]*|[" + SPACE + "]*[\\r\\n]+|["
            + SPACE + "]+(?![^" + SPACE + "])|[" + SPACE + "]+");

    @Test
    void piecesAreThoseOfTheExpressionForRandomText() {
        for (int seed = 0; seed < 4000; seed++) {
            var random = new Random(seed);
            String text = Texts.random(random, random.nextInt(40));

            assertThat(pieces(new Llama4Splitter(), text)).as("seed %d", seed).isEqualTo(twin(text));
        }
    }

    @Test
    void piecesAreThoseOfTheExpressionForEveryCharacterBetweenTwoWords() {
        var text = new StringBuilder();
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            text.append("Ab").appendCodePoint(codePoint).append(" aB");
            if (text.length() > 100_000) {
                String part = text.toString();
                text.setLength(0);
                assertThat(pieces(new Llama4Splitter(), part)).isEqualTo(twin(part));
            }
        }
    }

    @Test
    void compiledExpressionGivesTheSamePieces() {
        var splitter = new PatternSplitter(new VocabularyDraft("test"), SplitRules.LLAMA_4.expression());
        for (int seed = 0; seed < 1000; seed++) {
            var random = new Random(seed);
            String text = Texts.random(random, random.nextInt(40));

            assertThat(pieces(splitter, text)).as("seed %d", seed).isEqualTo(twin(text));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "12345, 123|45",
        "don't, don't",
        "we'LL go, we'LL| go",
        "CamelCaseWord, Camel|Case|Word",
        "HTTPServer, HTTPServer",
        "中A, 中|A",
        "a//b, a|//|b",
        "(hi), (hi|)",
    })
    void namedExamplesAreSplitAsSpecified(String text, String pieces) {
        assertThat(String.join("|", pieces(new Llama4Splitter(), text))).isEqualTo(pieces);
    }

    @Test
    void whiteSpaceLeavesItsLastCharacterToTheNextWord() {
        assertThat(pieces(new Llama4Splitter(), "a   b")).containsExactly("a", "  ", " b");
        assertThat(pieces(new Llama4Splitter(), "a \n  b")).containsExactly("a", " \n", " ", " b");
        assertThat(pieces(new Llama4Splitter(), "a  ")).containsExactly("a", "  ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A", "中", "\u0301", " ", "\n", "!", "\t"})
    void megabyteOfOneCharacterIsOnePiece(String character) {
        String text = character.repeat(1_000_000);

        assertThat(pieces(new Llama4Splitter(), text)).containsExactly(text);
    }

    @Test
    void megabyteOfPiecesThatGiveCharactersBackIsSplitInOnePass() {
        assertThat(pieces(new Llama4Splitter(), "中A".repeat(500_000))).hasSize(2);
        assertThat(pieces(new Llama4Splitter(), " \n ".repeat(300_000))).hasSize(2);
        assertThat(pieces(new Llama4Splitter(), "1".repeat(999_999))).hasSize(333_333);
    }

    @Test
    void nothingIsReadBeyondTheLimit() {
        assertThat(new Llama4Splitter().pieceEnd("ab'scd", 0, 3)).isEqualTo(2);
        assertThat(new Llama4Splitter().pieceEnd("a   b", 1, 4)).isEqualTo(4);
        assertThat(new Llama4Splitter().pieceEnd("12345", 0, 2)).isEqualTo(2);
    }

    private static List<String> pieces(Splitter splitter, String text) {
        List<String> pieces = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = splitter.pieceEnd(text, at, text.length());
            pieces.add(text.substring(at, end));
            at = end;
        }
        return pieces;
    }

    private static List<String> twin(String text) {
        List<String> pieces = new ArrayList<>();
        Matcher matcher = TWIN.matcher(text);
        while (matcher.find()) {
            pieces.add(matcher.group());
        }
        return pieces;
    }
}
