package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Regex.Condition;
import dev.herd.safety.Regex.Step;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class RegexScanTest {
    private static final String[] ATOMS = {
        "a", "b", "ab", ".", "[ab]", "[^a]", "\\w", "\\b", "\\B", "^", "$", "\\<", "\\>", "-", "\\.", " ", "é", "\\d",
        "\\p{L}"
    };
    private static final String[] REPEATS = {"", "", "", "?", "*", "+", "{2}", "{1,3}", "{0,2}"};
    private static final int[] SYMBOLS = {'a', 'b', 'a', 'b', ' ', '-', '.', '\n', '1', 'é', '中', 'A', '…'};
    private static final ScanRule RULE = new ScanRule("s", "c", Ruling.NOTHING, ScanRule.Check.NONE, "");

    @Test
    void machineFindsWhatTryingEveryWayFinds() {
        long seed = 20261127;
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            Regex regex = regex(random);
            int[] text = random.ints(random.nextInt(12), 0, SYMBOLS.length)
                    .map(index -> SYMBOLS[index])
                    .toArray();
            RegexSet set = new RegexSet(List.of(new RegexSet.Entry(regex, RULE)));
            RegexMemo memo = new RegexMemo();
            Map<Integer, Integer> expected = expected(regex, text);

            assertThat(found(new RegexScan(set), text))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(expected);
            for (int time = 0; time < 3; time++) {
                assertThat(found(new RegexScan(set, memo), text))
                        .as("seed %d, round %d, remembering", seed, round)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void manyTextsThroughOneMemoFindWhatTheyFindAlone() {
        long seed = 3;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<RegexSet.Entry> entries = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                entries.add(new RegexSet.Entry(regex(random), RULE));
            }
            RegexSet set = new RegexSet(entries);
            RegexMemo memo = new RegexMemo();
            for (int i = 0; i < 100; i++) {
                int[] text = random.ints(random.nextInt(40), 0, SYMBOLS.length)
                        .map(index -> SYMBOLS[index])
                        .toArray();

                assertThat(hits(new RegexScan(set, memo), text))
                        .as("seed %d, round %d, text %d", seed, round, i)
                        .isEqualTo(hits(new RegexScan(set), text));
            }
        }
    }

    @Test
    void moreStatesThanAreRememberedChangeNothing() {
        Random random = new Random(5);
        RegexSet set = new RegexSet(
                List.of(new RegexSet.Entry(RegexReader.known("a[ab]{0,12}b[ab]{3}-|b[^-]{9}a", true), RULE)));
        RegexMemo memo = new RegexMemo();
        int[] text =
                random.ints(30_000, 0, 20).map(i -> i == 0 ? '-' : 'a' + i % 2).toArray();

        assertThat(hits(new RegexScan(set, memo), text)).isEqualTo(hits(new RegexScan(set), text));
        assertThat(hits(new RegexScan(set, memo), text)).isEqualTo(hits(new RegexScan(set), text));
        assertThat(memo.size()).isEqualTo(1000);
    }

    @Test
    void noLetterBeyondTheKelvinSignIsOneOfAsciiCaseAside() {
        for (int codePoint = 0x212b; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            assertThat(Folding.lower(codePoint)).isGreaterThan(127);
            assertThat(Character.toLowerCase(codePoint)).isGreaterThan(127);
            assertThat(Character.toUpperCase(codePoint)).isGreaterThan(127);
        }
    }

    @Test
    void setsHoldTheirLargestMembers() {
        assertThat(takes("[a-k]", false, 0x212a)).isTrue();
        assertThat(takes("[a-k]", true, 0x212a)).isFalse();
        assertThat(takes("[\\x41-\\u4e2d]", true, '中')).isTrue();
        assertThat(takes("[\\x41-\\u4e2d]", false, '中')).isTrue();
        assertThat(takes("[é]", false, 'É')).isTrue();
        assertThat(takes("[^é]", false, '中')).isTrue();
        assertThat(takes("[a\\d]", true, '٣')).isTrue();
        assertThat(takes("[a\\p{L}]", true, '中')).isTrue();
    }

    private static boolean takes(String pattern, boolean isCaseSensitive, int codePoint) {
        return RegexReader.known(pattern, isCaseSensitive).steps().getFirst() instanceof Step.Take(CodePoints set)
                && set.contains(codePoint);
    }

    /** Hits in their order, with what has to wait after each character. */
    private static List<List<Integer>> hits(RegexScan scan, int[] text) {
        List<List<Integer>> all = new ArrayList<>();
        Hits hits = (rule, start, end) -> all.add(List.of(start, end));
        for (int i = 0; i < text.length; i++) {
            scan.accept(text[i], i, i + 1, hits);
            all.add(List.of(scan.open(i + 1)));
        }
        scan.finish(hits);
        return all;
    }

    private static Map<Integer, Integer> found(RegexScan scan, int[] text) {
        Map<Integer, Integer> found = new TreeMap<>();
        Hits hits = (rule, start, end) -> found.merge(end, start, Math::min);
        for (int i = 0; i < text.length; i++) {
            scan.accept(text[i], i, i + 1, hits);
        }
        scan.finish(hits);
        return found;
    }

    /** The earliest beginning of a match for each end of one. */
    private static Map<Integer, Integer> expected(Regex regex, int[] text) {
        Map<Integer, Integer> expected = new TreeMap<>();
        for (int start = text.length - 1; start >= 0; start--) {
            for (int end : ends(regex, text, start)) {
                expected.put(end, start);
            }
        }
        return expected;
    }

    private static Set<Integer> ends(Regex regex, int[] text, int start) {
        Set<Integer> ends = new HashSet<>();
        Set<List<Integer>> seen = new HashSet<>();
        List<List<Integer>> open = new ArrayList<>(List.of(List.of(0, start)));
        while (!open.isEmpty()) {
            List<Integer> place = open.removeLast();
            int at = place.get(0);
            int position = place.get(1);
            if (!seen.add(place)) {
                continue;
            }
            switch (regex.steps().get(at)) {
                case Step.Match match -> ends.add(position);
                case Step.Take(CodePoints set) -> {
                    if (position < text.length && set.contains(text[position])) {
                        open.add(List.of(at + 1, position + 1));
                    }
                }
                case Step.Require(Condition condition) -> {
                    int before = position == 0 ? Condition.NONE : text[position - 1];
                    int after = position == text.length ? Condition.NONE : text[position];
                    if (condition.holds(before, after)) {
                        open.add(List.of(at + 1, position));
                    }
                }
                case Step.Fork(int one, int other) -> {
                    open.add(List.of(one, position));
                    open.add(List.of(other, position));
                }
            }
        }
        return ends;
    }

    private static Regex regex(Random random) {
        while (true) {
            try {
                return RegexReader.read(alternatives(random, 2), random.nextBoolean(), "");
            } catch (PolicyException matchesNothing) {
                // another one
            }
        }
    }

    private static String alternatives(Random random, int depth) {
        StringBuilder pattern = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            for (int j = random.nextInt(4); j >= 0; j--) {
                boolean isGroup = depth > 0 && random.nextInt(4) == 0;
                String atom =
                        isGroup ? "(?:" + alternatives(random, depth - 1) + ")" : ATOMS[random.nextInt(ATOMS.length)];
                pattern.append(atom).append(REPEATS[random.nextInt(REPEATS.length)]);
            }
            pattern.append(i > 0 ? "|" : "");
        }
        return pattern.toString();
    }
}
