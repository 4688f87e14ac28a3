package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Products of several matrices in one launch, each against sums in double of the rounded inputs that it got. */
final class RoundedExpertsTest {
    private static final double TOLERANCE = 2e-5;
    private static final int EXPERTS = 3;

    @ParameterizedTest(name = "{0} tokens, {1} experts each, rows {2} and {3}, {4} columns, {5} and {6}")
    @CsvSource({
        "1, 1, 8, 8, 256, Q4_K, Q4_K",
        "2, 2, 17, 9, 256, Q4_K, Q6_K",
        "8, 1, 5, 33, 96, Q8_0, Q4_0",
        "3, 3, 1, 16, 2304, Q6_K, Q4_K",
    })
    void gateAndUpOfSharedAndChosenExperts(
            int tokens, int perToken, int sharedRows, int rows, int columns, TensorType shared, TensorType routed) {
        if (!Device.hasDp4a()) {
            return;
        }
        Random random = new Random(17L * tokens + rows);
        Rounded x = Rounded.of(ExpertsTest.floats(random, tokens * columns, 1), tokens, columns);
        QuantisedMatrix sharedGate = new QuantisedMatrix(random, shared, sharedRows, columns);
        QuantisedMatrix sharedUp = new QuantisedMatrix(random, routed, sharedRows, columns);
        QuantisedMatrix gate = new QuantisedMatrix(random, routed, EXPERTS * rows, columns);
        QuantisedMatrix up = new QuantisedMatrix(random, shared, EXPERTS * rows, columns);
        IntArray choice = new IntArray(tokens * perToken);
        FloatArray logits = ExpertsTest.floats(random, tokens * EXPERTS, 1);
        FloatArray sharedOut = new FloatArray(tokens * sharedRows);
        FloatArray out = new FloatArray(tokens * perToken * rows);

        Device.run(KernelCall.of(
                "RoundedExperts.gateUp",
                bucket -> RoundedExperts.gateUpGrid(sharedRows, rows, tokens + 1, perToken),
                RoundedExperts::gateUp,
                Device.step(tokens),
                sharedOut,
                out,
                x.levels(),
                x.factors(),
                sharedGate.words,
                sharedUp.words,
                gate.words,
                up.words,
                choice,
                logits,
                RoundedProducts.formats(sharedGate.format.code(), sharedUp.format.code()),
                RoundedProducts.formats(gate.format.code(), up.format.code()),
                sharedRows,
                rows,
                columns,
                EXPERTS,
                perToken));

        for (int token = 0; token < tokens; token++) {
            for (int row = 0; row < sharedRows; row++) {
                assertGated(sharedOut.get(token * sharedRows + row), sharedGate, sharedUp, row, x, token, 1);
            }
        }
        for (int a = 0; a < tokens * perToken; a++) {
            int expert = highest(logits, a / perToken).get(a % perToken);
            double score = 1 / (1 + Math.exp(-logits.get(a / perToken * EXPERTS + expert)));
            assertThat(choice.get(a)).isEqualTo(expert);
            for (int row = 0; row < rows; row++) {
                assertGated(out.get(a * rows + row), gate, up, expert * rows + row, x, a / perToken, score);
            }
        }
    }

    /** All experts, those with the highest logits first. */
    private static List<Integer> highest(FloatArray logits, int token) {
        return IntStream.range(0, EXPERTS)
                .boxed()
                .sorted(Comparator.comparingDouble(expert -> -logits.get(token * EXPERTS + expert)))
                .toList();
    }

    private static void assertGated(
            float got, QuantisedMatrix gate, QuantisedMatrix up, int row, Rounded x, int token, double score) {
        double z = score * gate.dot(row, x, token);
        double factor = score * up.dot(row, x, token);
        double slack = TOLERANCE
                * (1 + Math.abs(score) * gate.magnitude(row, x, token))
                * (1 + Math.abs(score) * up.magnitude(row, x, token));
        assertThat(Math.abs(got - z / (1 + Math.exp(-z)) * factor)).isLessThanOrEqualTo(slack);
    }

    @ParameterizedTest(name = "{0} tokens, {1} experts each, {2} rows, {3} and {4} columns, {5} and {6}")
    @CsvSource({
        "1, 1, 8, 256, 256, Q4_K, Q4_K",
        "2, 2, 17, 96, 256, Q8_0, Q6_K",
        "8, 1, 5, 1056, 96, Q4_0, Q8_0",
        "3, 3, 9, 2304, 512, Q4_K, Q4_K",
    })
    void downOfSharedAndChosenExperts(
            int tokens, int perToken, int rows, int sharedColumns, int columns, TensorType shared, TensorType routed) {
        if (!Device.hasDp4a()) {
            return;
        }
        Random random = new Random(23L * tokens + rows);
        int routedFirst = TaskGraphs.FEW * RoundedInputs.tiles(sharedColumns);
        Rounded x = Rounded.empty(tokens * perToken, columns, routedFirst);
        Rounded s = new Rounded(x.levels(), x.factors(), 0, sharedColumns);
        roundInto(s, ExpertsTest.floats(random, tokens * sharedColumns, 1), tokens);
        roundInto(x, ExpertsTest.floats(random, tokens * perToken * columns, 1), tokens * perToken);
        QuantisedMatrix sharedDown = new QuantisedMatrix(random, shared, rows, sharedColumns);
        QuantisedMatrix down = new QuantisedMatrix(random, routed, EXPERTS * rows, columns);
        IntArray choice = choice(random, tokens * perToken);
        FloatArray base = ExpertsTest.floats(random, tokens * rows, 1);
        FloatArray out = FloatArray.fromArray(base.toHeapArray());

        Device.run(KernelCall.of(
                "RoundedExperts.down",
                bucket -> RoundedExperts.downGrid(rows),
                RoundedExperts::down,
                Device.step(tokens),
                out,
                x.levels(),
                x.factors(),
                sharedDown.words,
                down.words,
                choice,
                sharedDown.format.code(),
                down.format.code(),
                0,
                routedFirst,
                rows,
                sharedColumns,
                columns,
                perToken));

        for (int token = 0; token < tokens; token++) {
            for (int row = 0; row < rows; row++) {
                double expected = base.get(token * rows + row) + sharedDown.dot(row, s, token);
                double magnitude = 1 + sharedDown.magnitude(row, s, token);
                for (int a = token * perToken; a < (token + 1) * perToken; a++) {
                    expected += down.dot(choice.get(a) * rows + row, x, a);
                    magnitude += down.magnitude(choice.get(a) * rows + row, x, a);
                }
                assertThat(Math.abs(out.get(token * rows + row) - expected)).isLessThanOrEqualTo(TOLERANCE * magnitude);
            }
        }
    }

    @ParameterizedTest(name = "{0} tokens, rows {1} and {2}")
    @CsvSource({"1, 8, 8", "3, 17, 1", "8, 5, 9"})
    void queriesKeysAndValuesAreThreeProducts(int tokens, int queryRows, int keyRows) {
        if (!Device.hasDp4a()) {
            return;
        }
        Random random = new Random(tokens);
        int columns = 512;
        Rounded x = Rounded.of(ExpertsTest.floats(random, tokens * columns, 1), tokens, columns);
        QuantisedMatrix queryProj = new QuantisedMatrix(random, TensorType.Q4_K, queryRows, columns);
        QuantisedMatrix keyProj = new QuantisedMatrix(random, TensorType.Q8_0, keyRows, columns);
        QuantisedMatrix valueProj = new QuantisedMatrix(random, TensorType.Q6_K, keyRows, columns);
        FloatArray query = new FloatArray(tokens * queryRows);
        FloatArray key = new FloatArray(tokens * keyRows);
        FloatArray value = new FloatArray(tokens * keyRows);

        Device.run(KernelCall.of(
                "RoundedProducts.projections",
                bucket -> RoundedProducts.projectionsGrid(queryRows, keyRows),
                RoundedProducts::projections,
                Device.step(tokens),
                query,
                key,
                value,
                x.levels(),
                x.factors(),
                queryProj.words,
                keyProj.words,
                valueProj.words,
                RoundedProducts.formats(queryProj.format.code(), keyProj.format.code(), valueProj.format.code()),
                queryRows,
                keyRows,
                columns));

        assertProduct(query, queryProj, x, tokens);
        assertProduct(key, keyProj, x, tokens);
        assertProduct(value, valueProj, x, tokens);
    }

    @ParameterizedTest
    @CsvSource({"1, 9", "5, 16"})
    void gateAndUpOfOneProjectionAndSumsThatAreAdded(int tokens, int rows) {
        if (!Device.hasDp4a()) {
            return;
        }
        Random random = new Random(rows);
        int columns = 256;
        Rounded x = Rounded.of(ExpertsTest.floats(random, tokens * columns, 1), tokens, columns, 0);
        QuantisedMatrix gate = new QuantisedMatrix(random, TensorType.Q4_K, rows, columns);
        QuantisedMatrix up = new QuantisedMatrix(random, TensorType.Q4_0, rows, columns);
        FloatArray gated = new FloatArray(tokens * rows);
        FloatArray base = ExpertsTest.floats(random, tokens * rows, 1);
        FloatArray added = FloatArray.fromArray(base.toHeapArray());

        Device.run(KernelCall.of(
                "RoundedProducts.gateUp",
                bucket -> RoundedProducts.grid(rows),
                RoundedProducts::gateUp,
                Device.step(tokens),
                gated,
                x.levels(),
                x.factors(),
                gate.words,
                up.words,
                gate.format.code(),
                up.format.code(),
                rows,
                columns));
        Rounded.matVec(tokens, added, x, 0, up.words, up.format, rows, 1);

        for (int token = 0; token < tokens; token++) {
            for (int row = 0; row < rows; row++) {
                int at = token * rows + row;
                assertGated(gated.get(at), gate, up, row, x, token, 1);
                assertThat(Math.abs(added.get(at) - base.get(at) - up.dot(row, x, token)))
                        .isLessThanOrEqualTo(TOLERANCE * (1 + up.magnitude(row, x, token)));
            }
        }
    }

    private static void assertProduct(FloatArray out, QuantisedMatrix w, Rounded x, int tokens) {
        int rows = out.getSize() / tokens;
        for (int token = 0; token < tokens; token++) {
            for (int row = 0; row < rows; row++) {
                assertThat(Math.abs(out.get(token * rows + row) - w.dot(row, x, token)))
                        .isLessThanOrEqualTo(TOLERANCE * w.magnitude(row, x, token));
            }
        }
    }

    private static void roundInto(Rounded target, FloatArray x, int rows) {
        Device.run(KernelCall.of(
                "RoundedInputs.roundRows",
                bucket -> RoundedInputs.grid(rows, target.columns()),
                RoundedInputs::roundRows,
                Device.step(rows),
                target.levels(),
                target.factors(),
                x,
                target.first(),
                target.columns(),
                Step.TOKENS,
                1));
    }

    private static IntArray choice(Random random, int size) {
        return IntArray.fromArray(random.ints(size, 0, EXPERTS).toArray());
    }
}
