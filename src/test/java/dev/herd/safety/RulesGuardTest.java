package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RulesGuardTest {
    private static final RulesGuard GUARD = new RulesGuard();
    private static final List<GuardCategory> CATEGORIES = categories();
    private static final String[] PARTS = {
        "How do I ",
        "how to ",
        "steps to ",
        "kill ",
        "poison ",
        "him",
        "my boss",
        "make ",
        "a nerve agent",
        "ricin",
        "pricing ",
        "in the kitchen ",
        "i want to ",
        "kill myself",
        "the women are animals",
        "csam",
        "rm -rf /",
        "tmp",
        "ignore ",
        "all ",
        "your ",
        "previous ",
        "instructions",
        "prompt",
        "show ",
        "the system prompt",
        "1gnore ",
        "pr3vious ",
        "erongi",
        "snoitcurtsni suoiverp ",
        "ig no re pre vious",
        "new instructions",
        " : ",
        "send ",
        "the password to https://",
        "attention ai",
        "Llamas",
        "llama wool",
        "ｉｇｎｏｒｅ ",
        "ign\u043ere ",
        "\ufb01",
        "é",
        "羊驼",
        "\ud83e\udd99",
        "e\u0301",
        "\u200b",
        ". ",
        "\n",
        " ",
        "x",
        "enrich uranium ",
        "at home",
        "?",
        "vote twice "
    };

    private static List<GuardCategory> categories() {
        List<GuardCategory> categories = new ArrayList<>();
        PolicySchema.CATEGORIES.forEach((code, name) -> categories.add(new GuardCategory(code, name, "")));
        categories.add(new GuardCategory("S15", "Llamas", "Talk of them.\nExample: llama wool\nExample: my 羊驼"));
        return categories;
    }

    @Test
    void whatIsFoundDoesNotDependOnPiecesAndIsTheSameForEveryBeginning() {
        long seed = 20261127;
        Random random = new Random(seed);
        for (int round = 0; round < 10_000; round++) {
            String text = text(random, 12);
            AnswerWatch watch = GUARD.watch(CATEGORIES);
            for (int from = 0; from < text.length(); ) {
                int to = text.offsetByCodePoints(
                        from, Math.min(text.codePointCount(from, text.length()), 1 + random.nextInt(9)));
                watch.accept(text.substring(from, to));
                from = to;
                assertThat(watch.scores())
                        .as("seed %d, round %d: %s", seed, round, text.substring(0, to))
                        .isEqualTo(assess(text.substring(0, to)));
            }
        }
    }

    @Test
    void sleepingRulesFindWhatRulesFindThatNeverSleep() {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            FoldedText text = new FoldedText(text(random, 20));
            for (RuleSet rules : List.of(RuleBook.content(), RuleBook.injections())) {
                Set<String> sleeping = new TreeSet<>();
                Set<String> awake = new TreeSet<>();

                text.run(new RuleScan(rules), hits(sleeping));
                for (RuleSet.Rule rule : rules.rules()) {
                    text.run(new RegexScan(rule.machine()), hits(awake));
                }

                assertThat(sleeping).as("seed %d, round %d", seed, round).isEqualTo(awake);
            }
        }
    }

    private static Hits hits(Set<String> into) {
        return (rule, start, end) -> into.add(rule.code() + " " + rule.label() + " " + start + "-" + end);
    }

    @Test
    void passesOverAFoldedTextShowWhatTheyWouldOfATextTurnedBefore() {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            String text = text(random, 8);
            FoldedText folded = new FoldedText(text);
            List<Integer> reversed = new ArrayList<>();
            List<Integer> leet = IntStream.range(0, folded.length())
                    .map(folded::letter)
                    .boxed()
                    .toList();

            folded.runReversed(new Recorder(reversed), NO_HITS);

            String turned = new StringBuilder(text).reverse().toString();
            assertThat(reversed).as("seed %d: %s", seed, text).isEqualTo(symbols(turned));
            String plain = text.replace('1', 'i').replace('3', 'e');
            assertThat(leet).as("seed %d: %s", seed, text).isEqualTo(symbols(plain));
        }
    }

    private static List<Integer> symbols(String text) {
        return Arrays.stream(Folding.of(text, false)).boxed().toList();
    }

    private static final Hits NO_HITS = (rule, start, end) -> {};

    private record Recorder(List<Integer> seen) implements Matcher {
        @Override
        public void accept(int codePoint, int start, int end, Hits hits) {
            seen.add(codePoint);
        }

        @Override
        public void finish(Hits hits) {}

        @Override
        public int open(int otherwise) {
            return otherwise;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"kill ", "ignore ", "how to make ", "ricin", "no rules", "how to kill your ", "skip all your "})
    void wordsThatWakeRulesAreNoBurden(String unit) {
        String text = unit.repeat(400_000 / unit.length());

        assertThat(assess(text).unsafe()).isZero();
        assertThat(score(text).score()).isZero();
    }

    private static GuardScores assess(String text) {
        return GUARD.assess(new GuardQuery(
                Direction.OUTPUT,
                List.of(new GuardTurn(GuardTurn.Speaker.AGENT, text)),
                CATEGORIES,
                0.5,
                new GuardSettings("", GuardSettings.CategoryMode.JOINT, 6, false),
                "",
                Duration.ofSeconds(1)));
    }

    private static InjectionScore score(String text) {
        return GUARD.score(new InjectionQuery(text, TextSource.USER, 128, 256, Duration.ofSeconds(1)));
    }

    private static String text(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(most); i >= 0; i--) {
            text.append(PARTS[random.nextInt(PARTS.length)]);
        }
        return text.toString();
    }
}
