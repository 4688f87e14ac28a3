package dev.herd.kernels;

import static dev.herd.kernels.KernelCases.normal;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the operations of the vision tower must be; tolerances as docs/adr/0003 states them. */
public interface VisionContract {
    /** Error of a layer norm, relative to the magnitudes of the product and the bias. */
    double LAYER_NORM_TOLERANCE = 4e-6;

    /** Error of an activation, relative to its input. */
    double GELU_TOLERANCE = 4e-7;

    /** Error of attention, relative to the largest value. */
    double ATTEND_ALL_TOLERANCE = 1e-5;

    /** The kernels under test. */
    Kernels kernels();

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void layerNormAgreesOnEverySize(int size) {
        for (double offset : new double[] {0, -3}) {
            Random random = new Random(size);
            Floats x = normal(random, 4L * size, 1);
            for (int i = 0; i < 4 * size; i++) {
                x.set(i, (float) (x.get(i) + offset));
            }
            Floats weight = normal(random, size, 1);
            Floats bias = normal(random, size, 1);
            Floats out = KernelCases.untouched(4L * size);

            kernels().layerNorm(out, x, weight, bias, 1e-5f, size, 1, 3);

            for (int i = 0; i < 4 * size; i++) {
                if (i < size || i >= 3 * size) {
                    assertThat(out.get(i)).as("element %d is outside", i).isNaN();
                    continue;
                }
                int row = i - i % size;
                double mean = mean(x, row, size);
                double scale = weight.get(i % size) / Math.sqrt(variance(x, row, size, mean) + 1e-5f);
                double expected = (x.get(i) - mean) * scale + bias.get(i % size);
                double magnitude =
                        (Math.abs(x.get(i)) + Math.abs(mean)) * Math.abs(scale) + Math.abs(bias.get(i % size));
                assertThat(Math.abs(out.get(i) - expected))
                        .as("size %d, element %d: %s instead of %s", size, i, out.get(i), expected)
                        .isLessThanOrEqualTo(LAYER_NORM_TOLERANCE * magnitude);
            }
        }
    }

    @Test
    default void layerNormMayWriteOverItsInput() {
        Random random = new Random(1);
        Floats x = normal(random, 3 * 33, 1);
        Floats weight = normal(random, 33, 1);
        Floats bias = normal(random, 33, 1);
        Floats apart = KernelCases.untouched(3 * 33);
        kernels().layerNorm(apart, x, weight, bias, 1e-5f, 33, 0, 3);

        kernels().layerNorm(x, x, weight, bias, 1e-5f, 33, 0, 3);

        assertThat(x.toArray(0, 99)).containsExactly(apart.toArray(0, 99));
    }

    @Test
    default void layerNormOfEqualElementsIsTheBias() {
        Floats x = Floats.copyOf(7, 7, 7, 7, 7);

        kernels().layerNorm(x, x, Floats.copyOf(1, 2, 3, 4, 5), Floats.copyOf(5, 4, 3, 2, 1), 1e-5f, 5, 0, 1);

        assertThat(x.toArray(0, 5)).containsExactly(5, 4, 3, 2, 1);
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void addBiasIsExact(int size) {
        Random random = new Random(size);
        float[] before = normal(random, 4L * size, 1).toArray(0, 4 * size);
        Floats x = Floats.copyOf(before);
        Floats bias = normal(random, size, 1);

        kernels().addBias(x, bias, size, 1, 3);

        for (int i = 0; i < before.length; i++) {
            float expected = i < size || i >= 3 * size ? before[i] : before[i] + bias.get(i % size);
            assertThat(x.get(i)).as("element %d", i).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void geluAgreesOnEverySize(int size) {
        Random random = new Random(size);
        float[] before = normal(random, size + 2L, 2).toArray(0, size + 2);
        Floats x = Floats.copyOf(before);

        kernels().gelu(x, 1, size + 1L);

        assertThat(x.get(0)).isEqualTo(before[0]);
        assertThat(x.get(size + 1L)).isEqualTo(before[size + 1]);
        for (int i = 1; i <= size; i++) {
            assertGelu(x.get(i), before[i]);
        }
    }

    @Test
    default void geluAgreesFromTailToTail() {
        int count = 24_001;
        Floats x = Floats.allocate(Arena.ofAuto(), count);
        for (int i = 0; i < count; i++) {
            x.set(i, (i - count / 2) / 1000f);
        }

        kernels().gelu(x, 0, count);

        for (int i = 0; i < count; i++) {
            assertGelu(x.get(i), (i - count / 2) / 1000f);
        }
    }

    @Test
    default void geluOfLargeNumbersIsThemOrZero() {
        Floats x = Floats.copyOf(100, 1e30f, -100, -1e30f, 0);

        kernels().gelu(x, 0, 5);

        assertThat(x.get(0)).isEqualTo(100);
        assertThat(x.get(1)).isEqualTo(1e30f);
        assertThat(Math.abs(x.get(2))).isLessThanOrEqualTo((float) (100 * GELU_TOLERANCE));
        assertThat(Math.abs(x.get(3))).isLessThanOrEqualTo((float) (1e30 * GELU_TOLERANCE));
        assertThat(x.get(4)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 4",
        "1, 2, 8",
        "2, 3, 12",
        "5, 2, 10",
        "17, 4, 12",
        "33, 1, 16",
        "64, 2, 33",
        "65, 3, 24",
        "130, 2, 88",
        "577, 2, 88",
        "270, 1, 5"
    })
    default void attendAllAgrees(int tokens, int heads, int headSize) {
        checkAttention(tokens, heads, headSize, 1, ATTEND_ALL_TOLERANCE);
    }

    /** Scores of a thousand differ by their rounding, of which the weights of nearly equal ones see the exponential. */
    @Test
    default void attendAllIsStableWhenScoresAreLarge() {
        checkAttention(65, 2, 64, 30, 2e-3);
    }

    private void checkAttention(int tokens, int heads, int headSize, double deviation, double tolerance) {
        Random random = new Random(tokens);
        long size = (long) tokens * heads * headSize;
        Floats query = normal(random, size, deviation);
        Floats key = normal(random, size, deviation);
        Floats value = normal(random, size, 1);
        Floats out = KernelCases.untouched(size);
        int fromHead = heads / 2;
        double largest = 0;
        for (int i = 0; i < size; i++) {
            largest = Math.max(largest, Math.abs(value.get(i)));
        }

        kernels().attendAll(out, query, key, value, tokens, heads, headSize, fromHead, heads);

        for (int token = 0; token < tokens; token++) {
            for (int head = 0; head < heads; head++) {
                long at = ((long) token * heads + head) * headSize;
                if (head < fromHead) {
                    assertThat(out.get(at)).as("head %d is outside", head).isNaN();
                    continue;
                }
                double[] expected = attention(query, key, value, tokens, heads, headSize, token, head);
                for (int i = 0; i < headSize; i++) {
                    assertThat(Math.abs(out.get(at + i) - expected[i]))
                            .as("token %d, head %d, element %d", token, head, i)
                            .isLessThanOrEqualTo(tolerance * largest);
                }
            }
        }
    }

    @Test
    default void multiplyAddCountsItsOperations() {
        long once = kernels().multiplyAdd(1);

        assertThat(once).isPositive();
        assertThat(kernels().multiplyAdd(7)).isEqualTo(7 * once);
    }

    private static double mean(Floats x, int from, int size) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += x.get((long) from + i);
        }
        return sum / size;
    }

    private static double variance(Floats x, int from, int size, double mean) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += Math.pow(x.get((long) from + i) - mean, 2);
        }
        return sum / size;
    }

    /** The normal distribution by Simpson's rule, which shares nothing with an approximation of erf. */
    private static void assertGelu(float got, float x) {
        int steps = 400;
        double width = Math.clamp((double) x, -14, 14) / steps;
        double sum = 0;
        for (int step = 0; step <= steps; step++) {
            double z = step * width;
            sum += (step == 0 || step == steps ? 1 : step % 2 == 1 ? 4 : 2) * Math.exp(-z * z / 2);
        }
        double expected = x * (0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI));
        assertThat(Math.abs(got - expected))
                .as("of %s: %s instead of %s", x, got, expected)
                .isLessThanOrEqualTo(GELU_TOLERANCE * Math.abs(x) + Float.MIN_NORMAL);
    }

    private static double[] attention(
            Floats query, Floats key, Floats value, int tokens, int heads, int headSize, int token, int head) {
        double[] scores = new double[tokens];
        double largest = Double.NEGATIVE_INFINITY;
        for (int other = 0; other < tokens; other++) {
            for (int i = 0; i < headSize; i++) {
                scores[other] += (double) query.get(((long) token * heads + head) * headSize + i)
                        * key.get(((long) other * heads + head) * headSize + i);
            }
            scores[other] /= Math.sqrt(headSize);
            largest = Math.max(largest, scores[other]);
        }
        double[] sums = new double[headSize];
        double weights = 0;
        for (int other = 0; other < tokens; other++) {
            double weight = Math.exp(scores[other] - largest);
            weights += weight;
            for (int i = 0; i < headSize; i++) {
                sums[i] += weight * value.get(((long) other * heads + head) * headSize + i);
            }
        }
        for (int i = 0; i < headSize; i++) {
            sums[i] /= weights;
        }
        return sums;
    }
}
