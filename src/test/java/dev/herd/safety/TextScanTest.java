package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Scans.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextScanTest {
    private static final String SIXTY = "A herd of llamas met the red fox near 4111 1111 1111 1111 ok";

    @Test
    void piecesShowWhatTheSpecificationWorksOut() {
        Policy policy = Scans.words("block", "literal", false, "red fox");

        Outcome blocked = Scans.stream(policy, List.of("The r", "ed f", "ox ran"));
        Outcome passed = Scans.stream(policy, List.of("The r", "ed f", "ur coat"));
        Outcome turned = Scans.stream(policy, List.of("red ", "re", "d fox"));

        assertThat(blocked.pieces()).containsExactly("The ", "", "", "");
        assertThat(blocked.isBlocked()).isTrue();
        assertThat(passed.pieces()).containsExactly("The ", "", "red fur coat", "");
        assertThat(passed.isBlocked()).isFalse();
        assertThat(turned.pieces()).containsExactly("", "red ", "", "");
        assertThat(turned.isBlocked()).isTrue();
    }

    @Test
    void patternThatEndsFirstDecidesHoweverTheTextIsSplit() {
        Policy policy = Scans.words("block", "literal", false, "abc", "b");

        assertThat(everySplit("xabcx", 5))
                .allSatisfy(pieces ->
                        assertThat(Scans.stream(policy, pieces).shown()).isEqualTo("xa"));
    }

    @ParameterizedTest
    @CsvSource({"literal, 5", "regex, 4"})
    void everySplitShowsTheSame(String match, int most) {
        assertThat(SIXTY).hasSize(60);
        Policy blocking = Scans.words("block", match, true, "red fox");
        Policy redacting = Scans.bare("{\"words\":[{\"id\":\"w\",\"match\":\"" + match
                + "\",\"input\":\"redact\",\"output\":\"redact\",\"terms\":[\"red fox\"]}],"
                + "\"pii\":{\"output\":\"redact\"}}");

        int count = 0;
        for (List<String> pieces : everySplit(SIXTY, most)) {
            Outcome blocked = Scans.stream(blocking, pieces);
            Outcome redacted = Scans.stream(redacting, pieces);
            assertThat(blocked.shown()).as("%s", pieces).isEqualTo("A herd of llamas met the ");
            assertThat(blocked.isBlocked()).isTrue();
            assertThat(redacted.shown())
                    .as("%s", pieces)
                    .isEqualTo("A herd of llamas met the [REDACTED] near [CREDIT_CARD] ok");
            assertThat(redacted.isBlocked()).isFalse();
            count++;
        }
        int four = 1 + 59 + 59 * 58 / 2 + 59 * 58 * 57 / 6;
        assertThat(count).isEqualTo(most == 4 ? four : four + 59 * 58 * 57 / 6 * 56 / 4);
    }

    @Test
    void randomSplitsNeverReleaseAnythingOfAPlantedTerm() {
        long seed = 20261127;
        Random random = new Random(seed);
        for (int round = 0; round < 10_000; round++) {
            String term = round % 2 == 0 ? "xylophone" : "ξύλον 木琴";
            String text = noise(random) + term + noise(random);
            Policy policy = round % 2 == 0 ? PLANTED_LATIN : PLANTED_OTHER;

            Outcome outcome = Scans.stream(policy, split(text, random));

            assertThat(outcome.isBlocked())
                    .as("seed %d, round %d: %s", seed, round, text)
                    .isTrue();
            assertThat(outcome.shown())
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(text.substring(0, text.indexOf(term)));
        }
    }

    private static final Policy PLANTED_LATIN = Scans.words("block", "literal", false, "xylophone");
    private static final Policy PLANTED_OTHER = Scans.words("block", "regex", false, "ξύλον \\p{IsHan}{2}");

    @Test
    void randomTextsAndPatternsDoNotDependOnPieces() {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            String action = random.nextBoolean() ? "block" : "redact";
            boolean isRegex = random.nextBoolean();
            String[] terms = {word(random), word(random), isRegex ? word(random) + "[ab]*" + word(random) : word(random)
            };
            Policy policy = Scans.words(action, isRegex ? "regex" : "literal", random.nextBoolean(), terms);
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                text.append("abc ".charAt(random.nextInt(4)));
            }
            Outcome whole = Scans.stream(policy, List.of(text.toString()));

            for (int mask = 0; mask < 512; mask++) {
                Outcome pieces = Scans.stream(policy, cut(text.toString(), mask));
                assertThat(pieces.shown())
                        .as("seed %d, round %d: '%s' %s %s", seed, round, text, List.of(terms), mask)
                        .isEqualTo(whole.shown());
                assertThat(pieces.isBlocked()).isEqualTo(whole.isBlocked());
                assertThat(pieces.codes().isEmpty()).isEqualTo(whole.codes().isEmpty());
            }
        }
    }

    @Test
    void emojiSurrogatesAndCombinedCharactersStayWhole() {
        String text = "👩‍👩‍👧‍👦 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and 𝕽ed 𝔣ox é";
        Policy policy = Scans.words("block", "literal", true, "never");

        for (int at = 1; at < text.length(); at++) {
            Outcome outcome = Scans.stream(policy, List.of(text.substring(0, at), text.substring(at)));
            assertThat(outcome.shown()).isEqualTo(text);
        }
    }

    @Test
    void hitAtTheVeryEndIsFound() {
        Policy policy = Scans.words("block", "literal", true, "fox");

        Outcome outcome = Scans.stream(policy, List.of("a ", "fo", "x"));

        assertThat(outcome.isBlocked()).isTrue();
        assertThat(outcome.shown()).isEqualTo("a ");
    }

    @Test
    void beginningOfATermIsHeldAndThenShown() {
        Policy policy = Scans.words("block", "literal", true, "foxtrot");

        Outcome outcome = Scans.stream(policy, List.of("a fox", "tr", "y"));

        assertThat(outcome.pieces()).containsExactly("a ", "", "foxtry", "");
    }

    @Test
    void wholeWordsAreNotPartsOfOthers() {
        Policy policy = Scans.words("redact", "literal", true, "ass");

        assertThat(Scans.stream(policy, List.of("class ass, assess; ASS")).shown())
                .isEqualTo("class [REDACTED], assess; [REDACTED_2]");
    }

    @Test
    void overlappingSpansAreReplacedOnceByTheNameOfTheLongest() {
        Policy policy = Scans.bare("""
                {"words":[{"id":"w","wholeWord":false,"terms":["jane@example"],"output":"redact"}],
                 "pii":{"entities":{"EMAIL":{"output":"redact"}}}}""");

        assertThat(Scans.stream(policy, List.of("write to jane@ex", "ample.org now"))
                        .shown())
                .isEqualTo("write to [EMAIL] now");
    }

    @Test
    void sameValueHasTheSameNumber() {
        Policy policy = Scans.bare("{\"pii\":{\"output\":\"redact\"}}");

        assertThat(Scans.stream(policy, List.of("a@b.org c@d.org a@b.org")).shown())
                .isEqualTo("[EMAIL] [EMAIL_2] [EMAIL]");
    }

    @Test
    void textThatIsGoneOnWithCountsForWhatBeginsInIt() {
        Policy policy = Scans.words("block", "literal", true, "red fox");
        TextScan scan = new TextScan(policy.rules().scanPlan(Direction.OUTPUT), null, true, new Redactions());

        scan.prime("The red ");
        scan.accept("fox ran");

        assertThat(scan.isBlocked()).isTrue();
        assertThat(scan.release(Integer.MAX_VALUE).text()).isEmpty();
    }

    @Test
    void nothingIsHeldForWhatOnlyReports() {
        Policy policy = Scans.words("annotate", "literal", true, "red fox");

        Outcome outcome = Scans.stream(policy, List.of("The r", "ed f", "ox ran"));

        assertThat(outcome.pieces()).containsExactly("The r", "ed f", "ox ran", "");
        assertThat(outcome.codes()).containsExactly("w");
    }

    @Test
    void jsonIsRedactedWithinStringsOnly() {
        Policy policy = Scans.bare("{\"pii\":{\"output\":\"redact\"}}");

        assertThat(Scans.streamJson(policy, List.of("{\"mail\": \"to a\\u0040", "b.org\", \"n\": 1}"))
                        .shown())
                .isEqualTo("{\"mail\": \"to [EMAIL]\", \"n\": 1}");
        assertThat(Scans.streamJson(policy, List.of("{\"card\": 4111111111111111}"))
                        .isBlocked())
                .isTrue();
    }

    @Test
    void workGrowsWithTheTextOnly() {
        Policy policy = Scans.bare("""
                {"words":[{"id":"a","match":"regex","caseSensitive":true,"terms":["(a|aa)+b","(x+x+)+y",".*a.*a.*b"],"output":"block"},
                          {"id":"b","wholeWord":false,"terms":["aaaaaaaaaaaaaaaaaaab"],"output":"redact"}],
                 "pii":{"output":"redact"},"links":{"output":"redact"}}""");

        for (String unit :
                List.of("a", "x", "1 ", "a@", "-----BEGIN PRIVATE KEY-----", "![", "http://a:", "CD12 ", "1:")) {
            String text = unit.repeat(40_000 / unit.length());
            Outcome outcome = Scans.stream(policy, List.of(text));
            assertThat(outcome.isBlocked()).isFalse();
        }
    }

    private static List<List<String>> everySplit(String text, int most) {
        List<List<String>> splits = new ArrayList<>();
        everySplit(text, most, new ArrayList<>(), splits);
        return splits;
    }

    private static void everySplit(String rest, int most, List<String> before, List<List<String>> splits) {
        List<String> whole = new ArrayList<>(before);
        whole.add(rest);
        splits.add(whole);
        for (int at = 1; most > 1 && at < rest.length(); at++) {
            List<String> next = new ArrayList<>(before);
            next.add(rest.substring(0, at));
            everySplit(rest.substring(at), most - 1, next, splits);
        }
    }

    private static List<String> cut(String text, int mask) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        for (int at = 1; at < text.length(); at++) {
            if ((mask >> (at - 1) & 1) == 1) {
                pieces.add(text.substring(from, at));
                from = at;
            }
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    private static List<String> split(String text, Random random) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        while (from < text.length()) {
            int to = Math.min(text.length(), from + 1 + random.nextInt(6));
            pieces.add(text.substring(from, to));
            from = to;
        }
        return pieces;
    }

    private static String noise(Random random) {
        StringBuilder noise = new StringBuilder();
        int length = random.nextInt(30);
        for (int i = 0; i < length; i++) {
            noise.appendCodePoint("xylo phne木琴🦙ξύ".codePoints().toArray()[random.nextInt(14)]);
        }
        return noise.toString();
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            word.append("abc".charAt(random.nextInt(3)));
        }
        return word.toString();
    }
}
