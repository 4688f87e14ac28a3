package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.cli.LogProbs.Ranked;
import dev.herd.kernels.Floats;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LogProbsTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 31, 100, 101})
    void topEqualsASort(int count) {
        long seed = 20_261_101L + count;
        Random random = new Random(seed);
        int size = 100;
        float[] rows = new float[2 * size];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = random.nextInt(40) - 20; // whole numbers, so that there are ties
        }

        List<Ranked> top = LogProbs.top(Floats.copyOf(rows), 1, size, count);

        List<Integer> expected = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer token) -> -rows[size + token])
                        .thenComparing(Comparator.naturalOrder()))
                .limit(count)
                .toList();
        assertThat(top).as("seed %d", seed).extracting(Ranked::token).isEqualTo(expected);
    }

    @Test
    void probabilitiesOfAllTokensAddUpToOne() {
        Floats logits = Floats.copyOf(700, 701, -5, 699.5f);

        double sum = LogProbs.top(logits, 0, 4, 4).stream()
                .mapToDouble(ranked -> Math.exp(ranked.logProb()))
                .sum();

        assertThat(sum).isCloseTo(1, within(1e-12));
    }

    @Test
    void argmaxTakesTheFirstOfEqualTokens() {
        assertThat(LogProbs.argmax(Floats.copyOf(9, 9, 1, 5, 5, 2), 1, 3)).isZero();
        assertThat(LogProbs.argmax(Floats.copyOf(9, 9, 1, 2, 5, 5), 1, 3)).isEqualTo(1);
    }
}
