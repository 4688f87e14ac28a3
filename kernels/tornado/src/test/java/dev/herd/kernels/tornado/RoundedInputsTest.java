package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What rounding leaves of rows, read back from where products look for it. */
final class RoundedInputsTest {
    private static final double HALF_STEP = 1.001 / 254;

    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();

    /** Runs of smaller inputs become zeros, as on the CPU. */
    private static final double NOTHING = 4e-37;

    @ParameterizedTest
    @ValueSource(ints = {1, 31, 32, 33, 63, 64, 96, 1023, 1024, 1025, 2304, 5120})
    void everyRunIsRoundedByItsLargest(int columns) {
        FloatArray x = ExpertsTest.floats(new Random(columns), 3 * columns, 1);
        x.set(0, 0);

        Rounded rounded = Rounded.of(x, 3, columns, 2);

        assertRounded(rounded, x, 3);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 1e-38f, 3e-37f, 1e30f})
    void anySizeIsRounded(float size) {
        FloatArray x = ExpertsTest.floats(new Random(5), 64, 1);
        for (int i = 0; i < 64; i++) {
            x.set(i, x.get(i) * size);
        }

        assertRounded(Rounded.of(x, 1, 64), x, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 96, 1056, 2304})
    void normedRowsAreRoundedToo(int size) {
        FloatArray x = ExpertsTest.floats(new Random(size), 2 * size, 3);
        FloatArray weight = ExpertsTest.floats(new Random(size + 1), size, 1);
        Rounded rounded = Rounded.empty(2, size, 0);

        Device.run(KernelCall.of(
                "RoundedInputs.rmsNorm",
                bucket -> RoundedInputs.grid(3, size),
                RoundedInputs::rmsNorm,
                Device.step(2),
                rounded.levels(),
                rounded.factors(),
                x,
                weight,
                1e-5f,
                size,
                Step.TOKENS));

        Floats expected = Floats.copyOf(new float[2 * size]);
        SCALAR.rmsNorm(
                expected, Floats.copyOf(x.toHeapArray()), Floats.copyOf(weight.toHeapArray()), 1e-5f, size, 0, 2);
        assertRounded(rounded, FloatArray.fromArray(expected.toArray(0, 2 * size)), 2);
    }

    /** Its rows are those of the norm by itself, and its logits are of what is not rounded. */
    @ParameterizedTest
    @CsvSource({"32, 1, F32", "96, 3, F32", "1056, 16, BF16", "2304, 5, Q8_0"})
    void aMixturesNormIsRoundedAndRouted(int size, int experts, TensorType type) {
        if (!Device.hasDp4a()) {
            return;
        }
        int tokens = 2;
        FloatArray x = ExpertsTest.floats(new Random(size), tokens * size, 3);
        FloatArray weight = ExpertsTest.floats(new Random(size + 1), size, 1);
        float[] values = ExpertsTest.floats(new Random(7), experts * size, 0.1).toHeapArray();
        MemorySegment data = Arena.ofAuto().allocate(type.bytes(values.length));
        QuantFormats.quantize(type, values, 0, values.length, data, 0);
        RowMajor matrix = new RowMajor(type, data, experts, size);
        DeviceFormat format = DeviceFormat.of(matrix);
        IntArray router = new IntArray(experts * format.rowWords(size));
        DeviceWeights.pack(router.getSegment(), 0, matrix, 0, experts, SCALAR);
        Rounded rounded = Rounded.empty(tokens, size, 0);
        FloatArray logits = new FloatArray(tokens * experts);

        Device.run(KernelCall.of(
                "RoutedNorm.rmsNorm",
                bucket -> RoutedNorm.grid(tokens + 1, size, experts),
                RoutedNorm::rmsNorm,
                Device.step(tokens),
                logits,
                rounded.levels(),
                rounded.factors(),
                x,
                weight,
                router,
                1e-5f,
                format.code(),
                experts,
                size));

        Floats normed = Floats.copyOf(new float[tokens * size]);
        SCALAR.rmsNorm(
                normed, Floats.copyOf(x.toHeapArray()), Floats.copyOf(weight.toHeapArray()), 1e-5f, size, 0, tokens);
        assertRounded(rounded, FloatArray.fromArray(normed.toArray(0, tokens * size)), tokens);
        Floats row = Floats.copyOf(new float[size]);
        for (int expert = 0; expert < experts; expert++) {
            SCALAR.dequantizeRow(row, 0, matrix, expert);
            for (int token = 0; token < tokens; token++) {
                double sum = 0;
                double magnitude = 0;
                for (int c = 0; c < size; c++) {
                    double product = (double) row.get(c) * normed.get(token * size + c);
                    sum += product;
                    magnitude += Math.abs(product);
                }
                assertThat(Math.abs(logits.get(token * experts + expert) - sum)).isLessThanOrEqualTo(4e-6 * magnitude);
            }
        }
    }

    /** Against the kernel that only combines, then the one that only rounds. */
    @ParameterizedTest
    @CsvSource({"4, 16, 3", "5, 32, 32", "40, 128, 32", "3, 128, 1", "12, 64, 7", "70, 16, 5"})
    void attentionIsCombinedAndRounded(int heads, int headSize, int splits) {
        if (!Device.hasDp4a()) {
            return;
        }
        assertThat(RoundedAttention.takes(headSize, splits)).isTrue();
        int tokens = 2;
        int size = heads * headSize;
        Random random = new Random(size);
        FloatArray partial = ExpertsTest.floats(random, Attention.partialSize(tokens, splits, heads, headSize), 2);
        for (int i = 0; i < tokens * splits * heads; i++) {
            int end = i * (headSize + 2) + headSize;
            boolean isEmpty = splits > 1 && i / heads % splits == splits - 1; // a stretch without positions
            partial.set(end, isEmpty ? -Float.MAX_VALUE : partial.get(end));
            partial.set(end + 1, isEmpty ? 0 : 1 + Math.abs(partial.get(end + 1)));
            for (int e = 0; isEmpty && e < headSize; e++) {
                partial.set(i * (headSize + 2) + e, 0);
            }
        }
        FloatArray attended = new FloatArray(tokens * size);
        Rounded rounded = Rounded.empty(tokens, size, 0);

        Device.run(KernelCall.of(
                "RoundedAttention.combine",
                bucket -> RoundedAttention.grid(heads, headSize, tokens + 1),
                RoundedAttention::combine,
                Device.step(tokens),
                rounded.levels(),
                rounded.factors(),
                partial,
                heads,
                headSize,
                splits));
        Device.run(KernelCall.of(
                "Attention.combine",
                bucket -> Attention.combineGrid(heads, tokens),
                Attention::combine,
                Device.step(tokens),
                new IntArray(1),
                attended,
                partial,
                heads,
                headSize,
                splits,
                0));

        assertRounded(rounded, attended, tokens);
    }

    @Test
    void headsThatDoNotFillTilesAreCombinedElsewhere() {
        assertThat(RoundedAttention.takes(96, 1)).isFalse();
        assertThat(RoundedAttention.takes(2048, 1)).isFalse();
        assertThat(RoundedAttention.takes(8, 32)).isFalse(); // more than local memory
    }

    /** They must not end as zeros, with which a model would answer something. */
    @Test
    void runsWithWhatIsNoNumberStaySo() {
        if (!Device.hasDp4a()) {
            return;
        }
        FloatArray x = ExpertsTest.floats(new Random(3), 96, 1);
        x.set(40, Float.NaN);
        Rounded rows = Rounded.empty(1, 96, 0);

        Device.run(KernelCall.of(
                "RoundedInputs.roundRows",
                bucket -> RoundedInputs.grid(1, 96),
                RoundedInputs::roundRows,
                Device.step(1),
                rows.levels(),
                rows.factors(),
                x,
                0,
                96,
                Step.TOKENS,
                1));

        assertThat(rows.value(0, 0)).isFinite();
        assertThat(rows.value(0, 40)).isNaN();
    }

    /** Shared rows first, the others behind them, each kind of its own width. */
    @ParameterizedTest
    @CsvSource({"64, 64, 1", "2304, 96, 2", "32, 1088, 3"})
    void rowsOfBothKindsOfExpertsAreRounded(int sharedColumns, int columns, int perToken) {
        if (!Device.hasDp4a()) {
            return;
        }
        int tokens = 2;
        FloatArray shared = ExpertsTest.floats(new Random(1), tokens * sharedColumns, 1);
        FloatArray routed = ExpertsTest.floats(new Random(2), tokens * perToken * columns, 1);
        int routedFirst = 3 * RoundedInputs.tiles(sharedColumns);
        Rounded all = Rounded.empty(tokens * perToken, columns, routedFirst);

        Device.run(KernelCall.of(
                "RoundedInputs.roundBoth",
                bucket -> RoundedInputs.bothGrid(tokens + 1, sharedColumns, columns, perToken),
                RoundedInputs::roundBoth,
                Device.step(tokens),
                all.levels(),
                all.factors(),
                shared,
                routed,
                0,
                routedFirst,
                sharedColumns,
                columns,
                perToken));

        assertRounded(new Rounded(all.levels(), all.factors(), 0, sharedColumns), shared, tokens);
        assertRounded(all, routed, tokens * perToken);
    }

    private static void assertRounded(Rounded rounded, FloatArray x, int rows) {
        int columns = rounded.columns();
        for (int row = 0; row < rows; row++) {
            for (int from = 0; from < columns; from += 32) {
                int to = Math.min(from + 32, columns);
                float largest = 0;
                int sum = 0;
                for (int c = from; c < to; c++) {
                    largest = Math.max(largest, Math.abs(x.get(row * columns + c)));
                    sum += rounded.level(row, c);
                }
                for (int c = from; c < to; c++) {
                    assertThat(Math.abs(rounded.value(row, c) - x.get(row * columns + c)))
                            .as("row %d, column %d of %d", row, c, columns)
                            .isLessThanOrEqualTo(HALF_STEP * largest + NOTHING);
                }
                assertThat((double) rounded.sum(row, from)).isEqualTo((double) (rounded.scale(row, from) * sum));
                for (int c = to; c < from + 32; c++) {
                    assertThat(rounded.level(row, c)).as("behind the end").isZero();
                }
            }
            if (columns % 64 != 0 && columns % 64 <= 32) {
                assertThat(rounded.scale(row, columns / 64 * 64 + 32))
                        .as("a run behind the end")
                        .isZero();
            }
        }
    }
}
