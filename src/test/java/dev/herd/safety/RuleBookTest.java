package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Regex.Step;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Proves for each rule that it wakes in time: on all ways through its expression, whatever the text. */
final class RuleBookTest {
    private static final int[] SYMBOLS = IntStream.concat(
                    IntStream.range(0, 128), IntStream.of(0x130, 0x131, 0x17f, 0x212a, 'é', 'ß', '中', 0x1f600))
            .toArray();

    static Stream<RuleSet.Rule> rules() {
        return Stream.of(RuleBook.content(), RuleBook.injections()).flatMap(set -> set.rules().stream());
    }

    /** A place in an expression, and what of the words the text before it ends with. */
    private record Place(int step, int node) {}

    @ParameterizedTest
    @MethodSource("rules")
    void everyMatchContainsAWordAndBeginsWithinReachOfItsEnd(RuleSet.Rule rule) {
        TermTrie words = new TermTrie(
                rule.words().stream()
                        .map(word -> new TermTrie.Term(word, false, rule.meaning()))
                        .toList(),
                true);
        List<Step> steps = rule.regex().steps();
        Map<Place, Integer> furthest = new HashMap<>(Map.of(new Place(0, 0), 0));
        Deque<Place> open = new ArrayDeque<>(furthest.keySet());

        while (!open.isEmpty()) {
            Place place = open.remove();
            int length = furthest.getOrDefault(place, 0);
            assertThat(length)
                    .as("before a word, %s repeats without limit", place)
                    .isLessThan(1000);
            for (Place next : next(steps, words, place)) {
                int longer = length + (steps.get(place.step()) instanceof Step.Take ? 1 : 0);
                if (words.ending(next.node()) >= 0) {
                    assertThat(longer).isLessThanOrEqualTo(rule.regex().reach());
                } else {
                    assertThat(steps.get(next.step())).as("%s", next).isNotInstanceOf(Step.Match.class);
                    if (furthest.getOrDefault(next, -1) < longer) {
                        furthest.put(next, longer);
                        open.add(next);
                    }
                }
            }
        }
    }

    private static List<Place> next(List<Step> steps, TermTrie words, Place place) {
        int after = place.step() + 1;
        return switch (steps.get(place.step())) {
            case Step.Match match -> List.of();
            case Step.Require require -> List.of(new Place(after, place.node()));
            case Step.Fork(int one, int other) -> List.of(new Place(one, place.node()), new Place(other, place.node()));
            case Step.Take(CodePoints set) ->
                Arrays.stream(SYMBOLS)
                        .filter(set::contains)
                        .mapToObj(symbol -> new Place(after, words.step(place.node(), Folding.lower(symbol))))
                        .distinct()
                        .toList();
        };
    }
}
