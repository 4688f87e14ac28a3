package dev.herd.kernels;

import static dev.herd.kernels.KernelCases.normal;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What norms, rotations, activations and sums must be; tolerances as docs/adr/0003 states them. */
public interface ElementwiseContract {
    /** Relative error of a norm. */
    double NORM_TOLERANCE = 2e-6;

    /** Relative error of an activation. */
    double ACTIVATION_TOLERANCE = 4e-6;

    /** Rounding errors of a sum of two products, relative to their magnitudes. */
    double ROTATION_TOLERANCE = 3e-7;

    /** The kernels under test. */
    Kernels kernels();

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void rmsNormAgreesOnEverySize(int size) {
        for (double deviation : new double[] {1, 1e-4, 300}) {
            Random random = new Random(size);
            Floats x = normal(random, 4L * size, deviation);
            Floats weight = normal(random, size, 1);
            Floats out = KernelCases.untouched(4L * size);

            kernels().rmsNorm(out, x, weight, 1e-5f, size, 1, 3);

            for (int i = 0; i < 4 * size; i++) {
                if (i < size || i >= 3 * size) {
                    assertThat(out.get(i)).as("element %d is outside", i).isNaN();
                    continue;
                }
                double expected = x.get(i) * inverseRms(x, i - i % size, size, 1e-5f) * weight.get(i % size);
                assertClose("size " + size + ", element " + i, out.get(i), expected, NORM_TOLERANCE);
            }
        }
    }

    @Test
    default void rmsNormMayWriteOverItsInput() {
        Random random = new Random(1);
        Floats x = normal(random, 3 * 33, 1);
        Floats weight = normal(random, 33, 1);
        Floats apart = KernelCases.untouched(3 * 33);
        kernels().rmsNorm(apart, x, weight, 1e-5f, 33, 0, 3);

        kernels().rmsNorm(x, x, weight, 1e-5f, 33, 0, 3);

        assertThat(x.toArray(0, 99)).containsExactly(apart.toArray(0, 99));
    }

    @Test
    default void rmsNormOfZerosIsZero() {
        Floats x = Floats.copyOf(0, -0f, 0, 0);

        kernels().rmsNorm(x, x, Floats.copyOf(1, 2, 3, 4), 1e-5f, 4, 0, 1);

        assertThat(x.toArray(0, 4)).containsExactly(0, -0f, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 10, 64, 88, 128})
    default void qkNormScalesEveryHeadByItself(int headSize) {
        Random random = new Random(headSize);
        int heads = 3;
        Floats x = normal(random, 4L * heads * headSize, 2);
        float[] before = x.toArray(0, 4 * heads * headSize);
        Floats original = Floats.copyOf(before);

        kernels().qkNorm(x, 1e-5f, heads, headSize, 1, 3);

        for (int i = 0; i < before.length; i++) {
            boolean isInRange = i / (heads * headSize) == 1 || i / (heads * headSize) == 2;
            double scale = isInRange ? inverseRms(original, i - i % headSize, headSize, 1e-5f) : 1;
            assertClose("element " + i, x.get(i), before[i] * scale, isInRange ? NORM_TOLERANCE : 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 10, 64, 88, 128})
    default void ropeRotatesAdjacentPairs(int headSize) {
        Random random = new Random(headSize);
        int heads = 3;
        float[] before = normal(random, 4L * heads * headSize, 2).toArray(0, 4 * heads * headSize);
        Floats x = Floats.copyOf(before);
        Floats rotations = KernelCases.untouched(4L * headSize);
        for (int i = 0; i < 2 * headSize; i++) {
            double angle = random.nextDouble() * 100;
            rotations.set(2L * i, (float) Math.cos(angle));
            rotations.set(2L * i + 1, (float) Math.sin(angle));
        }

        kernels().rope(x, rotations, heads, headSize, 1, 3);

        for (int i = 0; i < before.length; i += 2) {
            int token = i / (heads * headSize);
            boolean isInRange = token == 1 || token == 2;
            double cosine = isInRange ? rotations.get(token * headSize + i % headSize) : 1;
            double sine = isInRange ? rotations.get(token * headSize + i % headSize + 1) : 0;
            double magnitude = Math.abs(before[i]) + Math.abs(before[i + 1]);
            double allowed = isInRange ? ROTATION_TOLERANCE * magnitude : 0;
            assertThat(Math.abs(x.get(i) - (before[i] * cosine - before[i + 1] * sine)))
                    .as("element %d", i)
                    .isLessThanOrEqualTo(allowed);
            assertThat(Math.abs(x.get(i + 1) - (before[i] * sine + before[i + 1] * cosine)))
                    .as("element %d", i + 1)
                    .isLessThanOrEqualTo(allowed);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void scaleRowsIsExact(int size) {
        Random random = new Random(size);
        float[] before = normal(random, 3L * size, 2).toArray(0, 3 * size);
        Floats x = Floats.copyOf(before);
        Floats factors = normal(random, 3, 1);

        kernels().scaleRows(x, factors, size, 1, 3);

        for (int i = 0; i < before.length; i++) {
            float factor = i < size ? 1 : factors.get(i / size);
            assertThat(x.get(i)).as("element %d", i).isEqualTo(before[i] * factor);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#sizes")
    default void swiGluAgreesOnEverySize(int size) {
        Random random = new Random(size);
        float[] before = normal(random, size + 2L, 5).toArray(0, size + 2);
        Floats gate = Floats.copyOf(before);
        Floats up = normal(random, size + 2L, 1);

        kernels().swiGlu(gate, up, 1, size + 1L);

        assertThat(gate.get(0)).isEqualTo(before[0]);
        assertThat(gate.get(size + 1L)).isEqualTo(before[size + 1]);
        for (int i = 1; i <= size; i++) {
            double expected = before[i] / (1 + Math.exp(-(double) before[i])) * up.get(i);
            assertClose("element " + i, gate.get(i), expected, ACTIVATION_TOLERANCE);
        }
    }

    @Test
    default void swiGluStaysFiniteAtExtremes() {
        float[] values = {-0f, 0, -1e-30f, 1e-30f, -80, 80, -100, 100, -1e4f, 1e4f, -1e30f, 1e30f};
        Floats gate = Floats.copyOf(values);
        Floats up = Floats.copyOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);

        kernels().swiGlu(gate, up, 0, values.length);

        for (int i = 0; i < values.length; i++) {
            double expected = values[i] / (1 + Math.exp(-(double) values[i]));
            assertClose("of " + values[i], gate.get(i), expected, ACTIVATION_TOLERANCE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 16, 33, 1021, 5120, 9000})
    default void addIsExact(int size) {
        Random random = new Random(size);
        float[] before = normal(random, size + 2L, 1).toArray(0, size + 2);
        Floats out = Floats.copyOf(before);
        Floats x = normal(random, size + 2L, 1);

        kernels().add(out, x, 1, size + 1L);

        assertThat(out.get(0)).isEqualTo(before[0]);
        assertThat(out.get(size + 1L)).isEqualTo(before[size + 1]);
        for (int i = 1; i <= size; i++) {
            assertThat(out.get(i)).as("element %d", i).isEqualTo(before[i] + x.get(i));
        }
    }

    private static double inverseRms(Floats x, long from, int size, float epsilon) {
        double squares = 0;
        for (int i = 0; i < size; i++) {
            squares += (double) x.get(from + i) * x.get(from + i);
        }
        return 1 / Math.sqrt(squares / size + epsilon);
    }

    private static void assertClose(String description, float got, double expected, double relative) {
        assertThat(Math.abs(got - expected))
                .as("%s: %s instead of %s", description, got, expected)
                .isLessThanOrEqualTo(relative * Math.abs(expected) + Float.MIN_NORMAL);
    }
}
