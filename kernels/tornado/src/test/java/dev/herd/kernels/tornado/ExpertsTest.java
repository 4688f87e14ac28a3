package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.herd.kernels.TensorType;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Router and experts, for few tokens and for many, against the mixture written out in double. */
final class ExpertsTest {
    /** Three rounded products in a row, each 1e-5 of its magnitude. */
    private static final double TOLERANCE = 1e-4;

    /** Three in halves, each 2^-10 of its magnitude. */
    private static final double HALVES_TOLERANCE = 3 * HalfProducts.TOLERANCE;

    @ParameterizedTest(name = "{0} tokens, {2} of {1} experts, {3} x {4}, {5} and {6}")
    @CsvSource({
        "1, 1, 1, 1, 32, Q8_0, Q8_0",
        "1, 16, 1, 33, 64, Q8_0, Q4_0",
        "3, 4, 2, 17, 256, Q4_K, Q6_K",
        "5, 2, 2, 5, 37, F32, BF16",
        "33, 3, 1, 37, 32, Q4_0, Q8_0",
        "70, 5, 3, 9, 96, Q8_0, Q4_0",
        "40, 130, 1, 4, 32, F16, F32",
        "150, 2, 1, 160, 256, Q4_K, Q8_0",
        "2, 128, 1, 8, 64, BF16, Q8_0",
    })
    void allWaysComputeTheMixture(
            int tokens, int experts, int perToken, int width, int size, TensorType gateType, TensorType downType) {
        int wide = downType.quantGroupSize() * Math.ceilDiv(width, downType.quantGroupSize());
        Mixture mixture = new Mixture(tokens, experts, perToken, wide, size, gateType, downType);
        double[] expected = mixture.expected();

        mixture.route();
        assertClose("decode", mixture.decode(), expected, mixture.magnitude, TOLERANCE);
        assertClose("prefill", mixture.prefill(false), expected, mixture.magnitude, TOLERANCE);
        if (Device.hasMma()) {
            assertClose("prefill in halves", mixture.prefill(true), expected, mixture.magnitude, HALVES_TOLERANCE);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 96, Q8_0", "2, 16, 256, Q4_K", "3, 5, 700, F32", "8, 3, 37, BF16"})
    void logitsAreTheProductWithTheRouter(int tokens, int experts, int size, TensorType type) {
        Mixture one = new Mixture(tokens, 1, 1, experts, size, type, TensorType.F32);
        FloatArray out = new FloatArray(tokens * experts);

        Device.run(KernelCall.of(
                "Router.logits",
                bucket -> Router.logitsGrid(experts, tokens + 1),
                Router::logits,
                one.step,
                out,
                one.x,
                one.gate,
                one.gateFormat,
                experts,
                size));

        for (int i = 0; i < tokens * experts; i++) {
            double expected = one.dot(one.gateValues, i % experts, one.x, i / experts, 1);
            assertThat(Math.abs(out.get(i) - expected)).isLessThanOrEqualTo(2e-5);
        }
    }

    @Test
    void ofEqualLogitsTheLowestExpertComesFirst() {
        FloatArray logits = FloatArray.fromElements(1, 3, 3, -1, 3, 2, -5, -5, -5, -5, -5, -5);
        IntArray step = Device.step(2);
        IntArray choice = new IntArray(8);
        FloatArray scores = new FloatArray(8);

        Device.run(KernelCall.of(
                "Router.route", bucket -> Router.routeGrid(3), Router::route, step, choice, scores, logits, 6, 4));

        assertThat(choice.toHeapArray()).containsExactly(1, 2, 4, 5, 0, 1, 2, 3);
        assertThat(scores.get(0)).isCloseTo((float) (1 / (1 + Math.exp(-3))), withinPercentage(1e-4));
        assertThat(scores.get(7)).isCloseTo((float) (1 / (1 + Math.exp(5))), withinPercentage(1e-4));
    }

    /** Sigmoids of such logits are all one; the choice is by the logits themselves. */
    @Test
    void saturatedScoresDoNotBlurTheChoice() {
        FloatArray logits = FloatArray.fromElements(100, 300, 200);
        IntArray step = Device.step(1);
        IntArray choice = new IntArray(1);
        FloatArray scores = new FloatArray(1);

        Device.run(KernelCall.of(
                "Router.route", bucket -> Router.routeGrid(1), Router::route, step, choice, scores, logits, 3, 1));

        assertThat(choice.get(0)).isEqualTo(1);
        assertThat(scores.get(0)).isCloseTo(1, withinPercentage(1e-4));
    }

    /** Products in tiles of tokens, and those with rounded inputs: the ones find all assignments, the others none. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 4})
    void assignmentsAreSortedByExpertAndThenByToken(int mostRounded) {
        IntArray choice = IntArray.fromElements(2, 0, 2, 3, 0, 2);
        IntArray step = Device.step(3);
        IntArray order = new IntArray(8);
        IntArray offsets = new IntArray(12);
        offsets.init(77);

        Device.run(KernelCall.of(
                "Router.group",
                bucket -> Router.groupGrid(5),
                Router::group,
                step,
                order,
                offsets,
                choice,
                5,
                2,
                mostRounded));

        assertThat(order.toHeapArray()).startsWith(1, 4, 0, 2, 5, 3);
        if (mostRounded < 3) {
            assertThat(offsets.toHeapArray()).containsExactly(0, 2, 2, 5, 6, 6, 0, 0, 0, 0, 0, 0);
        } else {
            assertThat(offsets.toHeapArray()).containsExactly(0, 0, 0, 0, 0, 0, 0, 2, 2, 5, 6, 6);
        }
    }

    /** More assignments than items of a group, and fewer; some experts have none. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100, 301, 1000})
    void manyAssignmentsAreSortedStably(int tokens) {
        int experts = 7;
        int assignments = 2 * tokens;
        IntArray choice = new IntArray(assignments);
        for (int i = 0; i < assignments; i++) {
            choice.set(i, i * i % 11 % 6);
        }
        IntArray order = new IntArray(assignments);
        IntArray offsets = new IntArray(2 * (experts + 1));

        Device.run(KernelCall.of(
                "Router.group",
                bucket -> Router.groupGrid(experts),
                Router::group,
                Device.step(tokens),
                order,
                offsets,
                choice,
                experts,
                2,
                0));

        int[] expected = IntStream.range(0, assignments)
                .boxed()
                .sorted(Comparator.comparingInt(choice::get))
                .mapToInt(Integer::intValue)
                .toArray();
        assertThat(order.toHeapArray()).containsExactly(expected);
        for (int expert = 0; expert <= experts; expert++) {
            int bound = expert;
            assertThat(offsets.get(expert)).isEqualTo((int) IntStream.range(0, assignments)
                    .filter(i -> choice.get(i) < bound)
                    .count());
        }
    }

    @Test
    void gateAndUpTogetherAreTheTwoProducts() {
        for (int rows : new int[] {1, 4, 7, 33}) {
            Mixture one = new Mixture(3, 1, 1, rows, 64, TensorType.Q8_0, TensorType.F32);
            FloatArray out = new FloatArray(3 * rows);
            Device.run(KernelCall.of(
                    "Gated.gateUp",
                    bucket -> Gated.grid(rows),
                    Gated::gateUp,
                    one.step,
                    out,
                    one.x,
                    one.gate,
                    one.up,
                    3,
                    3,
                    rows,
                    64));

            for (int token = 0; token < 3; token++) {
                for (int row = 0; row < rows; row++) {
                    double gate = one.dot(one.gateValues, row, one.x, token, 1);
                    double up = one.dot(one.upValues, row, one.x, token, 1);
                    assertThat(Math.abs(out.get(token * rows + row) - gate / (1 + Math.exp(-gate)) * up))
                            .isLessThanOrEqualTo(1e-4);
                }
            }
        }
    }

    @Test
    void productsCanBeAddedToWhatIsThere() {
        Mixture one = new Mixture(3, 1, 1, 9, 64, TensorType.Q8_0, TensorType.F32);
        FloatArray base = floats(new Random(3), 27, 1);
        FloatArray few = FloatArray.fromArray(base.toHeapArray());
        FloatArray many = FloatArray.fromArray(base.toHeapArray());

        Device.run(KernelCall.of(
                "MatVec.matVec",
                bucket -> MatVec.grid(9),
                MatVec::matVec,
                one.step,
                few,
                one.x,
                one.gate,
                3,
                9,
                64,
                Step.TOKENS,
                1));
        Device.run(KernelCall.of(
                "MatMul.matMul",
                bucket -> MatMul.grid(9, 3),
                MatMul::matMul,
                one.step,
                many,
                one.x,
                one.gate,
                3,
                9,
                64,
                Step.TOKENS,
                1));

        FloatArray halves = FloatArray.fromArray(base.toHeapArray());
        if (Device.hasMma()) {
            HalfProducts.matMul(one.step, halves, one.x, one.gate, 3, 9, 64, 1);
        } else {
            halves = many;
        }

        for (int i = 0; i < 27; i++) {
            double expected = base.get(i) + one.dot(one.gateValues, i % 9, one.x, i / 9, 1);
            assertThat(Math.abs(few.get(i) - expected)).isLessThanOrEqualTo(1e-4);
            assertThat(Math.abs(many.get(i) - expected)).isLessThanOrEqualTo(1e-4);
            assertThat(Math.abs(halves.get(i) - expected)).isLessThanOrEqualTo(5e-3);
        }
    }

    private static void assertClose(
            String way, FloatArray got, double[] expected, double[] magnitude, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs(got.get(i) - expected[i]))
                    .as("%s, element %d: %s instead of %s", way, i, got.get(i), expected[i])
                    .isLessThanOrEqualTo(tolerance * magnitude[i]);
        }
    }

    static FloatArray floats(Random random, int size, double deviation) {
        FloatArray floats = new FloatArray(size);
        for (int i = 0; i < size; i++) {
            floats.set(i, (float) (random.nextGaussian() * deviation));
        }
        return floats;
    }
}
