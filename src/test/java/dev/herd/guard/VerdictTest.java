package dev.herd.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The oracles of safety.md 7.1 for parser and score. */
class VerdictTest {
    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of("safe", new Verdict(false, List.of(), false)),
                Arguments.of("\n\nsafe", new Verdict(false, List.of(), false)),
                Arguments.of("\n\nunsafe\nS1,S9", new Verdict(true, List.of("S1", "S9"), false)),
                Arguments.of("unsafe \nS1, S2", new Verdict(true, List.of("S1", "S2"), false)),
                Arguments.of("\n\nunsafe", new Verdict(true, List.of(), false)),
                Arguments.of("UNSAFE\nS14", new Verdict(true, List.of("S14"), false)),
                Arguments.of("unsafe\ns3,S3, S15", new Verdict(true, List.of("S3", "S15"), false)),
                Arguments.of("unsafe\nS99999 XS1 S0", new Verdict(true, List.of(), false)),
                Arguments.of("safe\nS1", new Verdict(false, List.of(), true)));
    }

    private static GuardScores sum(String answer, String... asked) throws GuardException {
        ScoreSum sum = new ScoreSum();
        List<GuardCategory> categories =
                Stream.of(asked).map(code -> new GuardCategory(code, code, "")).toList();
        List<GuardTurn> turns = List.of(new GuardTurn(GuardTurn.Speaker.USER, "x"));
        sum.add(new GuardQuestion(turns, categories), 0.9, Verdict.parse(answer));
        return sum.scores();
    }

    @ParameterizedTest
    @MethodSource("answers")
    void answersAreReadWhateverTheirBlanksAndCase(String answer, Verdict expected) throws GuardException {
        assertThat(Verdict.parse(answer)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n", "The content is safe", "S1", "safe.", "unsafe S1"})
    void otherAnswersAreUnparseable(String answer) {
        assertThatThrownBy(() -> Verdict.parse(answer))
                .isInstanceOfSatisfying(
                        GuardException.class,
                        failure -> assertThat(failure.status()).isEqualTo(GuardException.Status.UNPARSEABLE));
    }

    @Test
    void behindAKnownVerdictOnlyCodesCount() {
        assertThat(Verdict.unsafe(".\nS1, s4").codes()).containsExactly("S1", "S4");
        assertThat(Verdict.unsafe(" because").codes()).isEmpty();
    }

    @Test
    void codesThatWereNotAskedAboutAreReportedOnly() throws GuardException {
        assertThat(sum("unsafe\nS15", "S1").byCode()).isEmpty();
        assertThat(sum("unsafe\nS15", "S1").unlisted()).containsExactly("S15");
        assertThat(sum("unsafe\nS6,S1", "S1", "S2").byCode())
                .containsOnlyKeys("S1")
                .containsEntry("S1", 0.9);
        assertThat(sum("unsafe", "S1").unsafe()).isEqualTo(0.9);
    }

    @Test
    void scoresAreThoseOfTheTwoLogits() {
        assertThat(VerdictScore.of(2, 1).unsafe()).isCloseTo(0.268941, within(1e-6));
        assertThat(VerdictScore.of(0, 1.5).unsafe()).isCloseTo(0.817574, within(1e-6));
        assertThat(VerdictScore.of(-3, -3).unsafe()).isEqualTo(0.5);
        assertThat(VerdictScore.of(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY)
                        .unsafe())
                .isEqualTo(0.5);
        assertThat(VerdictScore.of(Math.log(0.3), Math.log(0.1)).isLowMass()).isTrue();
        assertThat(VerdictScore.of(Math.log(0.3), Math.log(0.3)).isLowMass()).isFalse();
    }

    @Test
    void theMarginalScoreAddsBothWaysToTheVerdict() {
        VerdictScore behind = VerdictScore.of(Math.log(0.2), Math.log(0.7));

        VerdictScore score = VerdictScore.marginal(Math.log(0.1), Math.log(0.3), Math.log(0.5), behind);

        assertThat(score.mass()).isCloseTo(0.1 + 0.3 + 0.5 * 0.9, within(1e-12));
        assertThat(score.unsafe()).isCloseTo((0.3 + 0.5 * 0.7) / (0.4 + 0.45), within(1e-12));
    }
}
