package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Each assignment's product with its expert, against sums in double of the rounded inputs that it got. */
final class RoundedExpertMatMulTest {
    private static final double TOLERANCE = 2e-5;

    private final IntArray order = new IntArray(1000);

    @ParameterizedTest(name = "{0} tokens, {2} of {1} experts, the last {3} of which nobody chooses, {4} x {5}, {6}")
    @CsvSource({
        "1, 1, 1, 0, 1, 32, Q8_0",
        "9, 3, 1, 0, 8, 256, Q4_K",
        "16, 4, 1, 3, 5, 96, Q4_0",
        "17, 16, 1, 5, 9, 512, Q6_K",
        "33, 5, 2, 1, 33, 64, Q8_0",
        "10, 4, 3, 0, 7, 1280, Q4_K",
        "64, 16, 1, 0, 4, 2304, Q4_K",
        "40, 3, 3, 0, 6, 256, Q6_K",
        "12, 2, 1, 1, 3, 1056, Q4_0",
        "5, 130, 2, 100, 2, 32, Q4_0",
    })
    void eachAssignmentIsMultipliedWithItsExpert(
            int tokens, int experts, int perToken, int unchosen, int rows, int columns, TensorType type) {
        if (!Device.hasDp4a()) {
            return;
        }
        for (int perInput : IntStream.of(perToken, 1).distinct().toArray()) {
            Random random = new Random(37L * tokens + rows + perInput);
            int assignments = tokens * perToken;
            QuantisedMatrix w = new QuantisedMatrix(random, type, experts * rows, columns);
            IntArray choice = IntArray.fromArray(
                    random.ints(assignments, 0, experts - unchosen).toArray());
            IntArray offsets = group(tokens, experts, perToken, choice, tokens);
            FloatArray x = ExpertsTest.floats(random, assignments / perInput * columns, 1);

            Rounded inputs = round(x, assignments, columns, experts, perInput, offsets);
            FloatArray out = multiply(inputs, w, assignments, rows, experts, offsets);

            Rounded expected = Rounded.of(x, assignments / perInput, columns);
            for (int a = 0; a < assignments; a++) {
                for (int row = 0; row < rows; row++) {
                    int ofAll = choice.get(a) * rows + row;
                    assertThat(Math.abs(out.get(a * rows + row) - w.dot(ofAll, expected, a / perInput)))
                            .as("%d to an input, assignment %d, row %d", perInput, a, row)
                            .isLessThanOrEqualTo(TOLERANCE * w.magnitude(ofAll, expected, a / perInput));
                }
            }
        }
    }

    /** The products in tiles have the assignments then. */
    @Test
    void aLargerStepComputesNothing() {
        if (!Device.hasDp4a()) {
            return;
        }
        Random random = new Random(3);
        QuantisedMatrix w = new QuantisedMatrix(random, TensorType.Q8_0, 2 * 8, 32);
        IntArray choice = IntArray.fromArray(random.ints(17, 0, 2).toArray());
        IntArray offsets = group(17, 2, 1, choice, 16);

        Rounded inputs = round(ExpertsTest.floats(random, 17 * 32, 1), 17, 32, 2, 1, offsets);
        FloatArray out = multiply(inputs, w, 17, 8, 2, offsets);

        assertThat(inputs.factors().toHeapArray()).containsOnly(Float.NaN);
        assertThat(out.toHeapArray()).containsOnly(Float.NaN);
    }

    @ParameterizedTest(name = "{1} of {0} experts")
    @CsvSource({"16, 1, 64", "128, 1, 512", "128, 3, 128", "5, 1, 16", "5, 2, 0", "2, 1, 0", "3, 1, 0", "0, 0, 0"})
    void stepsTakeItUpToFourAssignmentsForEachExpert(int experts, int perToken, int most) {
        assertThat(RoundedExpertMatMul.mostTokens(experts, perToken)).isEqualTo(most);
    }

    private IntArray group(int tokens, int experts, int perToken, IntArray choice, int mostRounded) {
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
                perToken,
                mostRounded));
        return offsets;
    }

    private Rounded round(FloatArray x, int assignments, int columns, int experts, int perInput, IntArray offsets) {
        Rounded rounded = Rounded.empty(assignments, columns, 0);
        Device.run(KernelCall.of(
                "RoundedInputs.roundOrdered",
                bucket -> RoundedInputs.grid(assignments + 1, columns),
                RoundedInputs::roundOrdered,
                rounded.levels(),
                rounded.factors(),
                x,
                order,
                offsets,
                columns,
                experts,
                perInput));
        return rounded;
    }

    private FloatArray multiply(
            Rounded inputs, QuantisedMatrix w, int assignments, int rows, int experts, IntArray offsets) {
        FloatArray out = new FloatArray(assignments * rows);
        out.init(Float.NaN);
        Device.run(KernelCall.of(
                "RoundedExpertMatMul.matMul",
                bucket -> RoundedExpertMatMul.grid(rows, experts),
                RoundedExpertMatMul::matMul,
                out,
                inputs.levels(),
                inputs.factors(),
                w.words,
                order,
                offsets,
                w.format.code(),
                rows,
                inputs.columns(),
                experts));
        return out;
    }
}
