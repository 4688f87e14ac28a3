package dev.herd.kernels;

import static dev.herd.kernels.KernelCases.BYTE_PATTERNS;
import static dev.herd.kernels.KernelCases.normal;
import static dev.herd.kernels.KernelCases.rowMajor;
import static dev.herd.kernels.KernelCases.unalignedCopy;
import static dev.herd.kernels.KernelCases.untouched;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a matrix product and a decoded row must be, for every kind of matrix and every format. */
public interface MatMulContract {
    /** The kernels under test. */
    Kernels kernels();

    /** Largest error of a product, as a share of {@code Σ_c |x[t, c] · w[r, c]|}; docs/adr/0003. */
    default double matMulTolerance(WeightMatrix weights) {
        return 1e-5;
    }

    /**
     * How far a provider may round inputs, as a share of the largest input among 32 columns, from the first on, that it
     * quantises together; docs/adr/0003. The error that this allows for a product is what it causes at worst.
     */
    default double inputRounding(WeightMatrix weights) {
        return 0;
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    default void matMulAgreesOnEverySize(TensorType type) {
        int[] tokenCounts = {1, 2, 3, 1, 5, 8};
        int[] rowCounts = {1, 3, 8, 17};
        int number = 0;
        for (int columns : KernelCases.columns(type)) {
            long seed = 100L + columns;
            Random random = new Random(seed);
            WeightMatrix weights = rowMajor(random, type, rowCounts[number % rowCounts.length], columns);
            int tokens = tokenCounts[number++ % tokenCounts.length];
            Floats x = normal(random, (long) tokens * columns, 1);

            check("seed " + seed, x, weights, tokens, 0, weights.rows());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "BF16", "Q8_0", "Q4_K"})
    default void matMulAgreesForAnyNumberOfTokens(TensorType type) {
        for (int tokens : new int[] {0, 1, 4, 15, 16, 17, 63, 64, 65, 130}) {
            Random random = new Random(tokens);
            WeightMatrix weights = rowMajor(random, type, 5, 512);

            check("seed " + tokens, normal(random, tokens * 512L, 1), weights, tokens, 0, 5);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    default void matMulWritesOnlyTheRowsOfItsRange(TensorType type) {
        Random random = new Random(3);
        WeightMatrix weights = rowMajor(random, type, 13, 256);
        Floats x = normal(random, 3 * 256, 1);

        for (int[] range : new int[][] {{0, 0}, {0, 1}, {4, 9}, {12, 13}, {13, 13}}) {
            check("range " + Arrays.toString(range), x, weights, 3, range[0], range[1]);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    default void matMulAgreesOnExtremeScalesAndLevels(TensorType type) {
        Random random = new Random(4);
        for (int pattern : BYTE_PATTERNS) {
            if (type == TensorType.F64 && (pattern & 0x7F) == 0x7B) {
                continue; // beyond the range of float
            }
            byte[] bytes = new byte[Math.toIntExact(2 * type.bytes(512))];
            Arrays.fill(bytes, (byte) pattern);
            WeightMatrix weights = new WeightMatrix.RowMajor(type, unalignedCopy(bytes), 2, 512);

            check("bytes " + Integer.toHexString(pattern), normal(random, 512, 1e-3), weights, 1, 0, 2);
            check("bytes " + Integer.toHexString(pattern), normal(random, 2 * 512, 1e-3), weights, 2, 0, 2);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    default void matMulSurvivesCancellation(TensorType type) {
        Random random = new Random(5);
        WeightMatrix weights = rowMajor(random, type, 4, 1024);
        Floats x = normal(random, 1024, 1);
        for (int column = 0; column < 1024; column++) {
            double weight = ReferenceFormats.element(weights, 0, column);
            float product = column % 2 == 0 ? 1000 : -1000;
            x.set(column, weight == 0 ? -0f : (float) (product / weight));
        }

        check("cancelling", x, weights, 1, 0, 4);
    }

    @Test
    default void matMulKeepsItsAccuracyOverLongRows() {
        Random random = new Random(6);
        for (TensorType type : new TensorType[] {TensorType.F32, TensorType.Q8_0, TensorType.Q6_K}) {
            check("long", normal(random, 2 * 20480, 1), rowMajor(random, type, 2, 20480), 2, 0, 2);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#plainWeightTypes")
    default void matMulAgreesOnTransposedMatrices(TensorType type) {
        int[][] shapes = {{1, 1, 1, 0}, {7, 33, 7, 0}, {16, 65, 33, 17}, {513, 31, 1030, 513}, {1100, 9, 1100, 0}};
        for (int[] shape : shapes) {
            Random random = new Random(shape[0]);
            WeightMatrix weights = KernelCases.transposed(random, type, shape[0], shape[1], shape[2], shape[3]);

            check("seed " + shape[0], normal(random, shape[1], 1), weights, 1, 0, shape[0]);
            check("seed " + shape[0], normal(random, 3L * shape[1], 1), weights, 3, shape[0] / 3, shape[0] - 1);
            check("seed " + shape[0], normal(random, 66L * shape[1], 1), weights, 66, 0, Math.min(20, shape[0]));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "BF16"})
    default void matMulAgreesOnFp8WithRowScales(TensorType scaleType) {
        for (int columns : new int[] {1, 31, 128, 1021}) {
            Random random = new Random(columns);

            check(
                    "seed " + columns,
                    normal(random, 2L * columns, 1),
                    KernelCases.fp8(random, scaleType, 9, columns),
                    2,
                    1,
                    9);
        }
    }

    @Test
    default void matMulAgreesOnPackedIntegers() {
        for (int variant = 0; variant < 4; variant++) {
            boolean hasZeroPoints = variant % 2 == 1;
            boolean hasGroupIndex = variant >= 2;
            for (int[] shape : new int[][] {{1, 8, 1}, {9, 256, 2}, {17, 36, 3}, {8, 640, 5}, {3, 13, 1}}) {
                Random random = new Random(variant);
                WeightMatrix weights =
                        KernelCases.int4(random, shape[0], shape[1], shape[2], hasZeroPoints, hasGroupIndex);

                check("variant " + variant, normal(random, 2L * shape[1], 1), weights, 2, 0, shape[0]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    default void aDecodedRowIsExact(TensorType type) {
        Random random = new Random(7);
        for (int columns : KernelCases.columns(type)) {
            checkRows(rowMajor(random, type, 3, columns));
        }
        if (!type.isQuantized()) {
            checkRows(KernelCases.transposed(random, type, 5, 33, 11, 4));
        }
    }

    @Test
    default void aDecodedRowIsExactForScaledKinds() {
        Random random = new Random(8);

        checkRows(KernelCases.fp8(random, TensorType.BF16, 5, 33));
        checkRows(KernelCases.int4(random, 9, 36, 3, true, false));
        checkRows(KernelCases.int4(random, 9, 36, 3, true, true));
    }

    @Test
    default void integerMatricesAreNotSupported() {
        WeightMatrix integers = new WeightMatrix.RowMajor(TensorType.I32, KernelCases.unaligned(16), 2, 2);

        assertThat(kernels().supports(integers)).isFalse();
        assertThatThrownBy(() -> kernels().matMul(untouched(2), untouched(2), integers, 1, 0, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("I32");
    }

    private void check(String description, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        Floats out = untouched((long) tokens * weights.rows());
        assertThat(kernels().supports(weights)).as(weights.type().name()).isTrue();

        kernels().matMul(out, x, weights, tokens, fromRow, toRow);

        double[] row = new double[weights.columns()];
        for (int r = 0; r < weights.rows(); r++) {
            boolean isInRange = r >= fromRow && r < toRow;
            for (int column = 0; isInRange && column < row.length; column++) {
                row[column] = ReferenceFormats.element(weights, r, column);
            }
            for (int token = 0; token < tokens; token++) {
                float got = out.get((long) token * weights.rows() + r);
                if (isInRange) {
                    checkDot(description, got, x, token, row, weights, r);
                } else {
                    assertThat(got).as("%s: row %d is outside", description, r).isNaN();
                }
            }
        }
    }

    private void checkDot(
            String description, float got, Floats x, int token, double[] row, WeightMatrix weights, int r) {
        double expected = 0;
        double magnitude = 0;
        double rounding = 0;
        for (int group = 0; group < row.length; group += 32) {
            double largest = 0;
            double weightSum = 0;
            for (int column = group; column < Math.min(group + 32, row.length); column++) {
                double input = x.get((long) token * row.length + column);
                expected += input * row[column];
                magnitude += Math.abs(input * row[column]);
                largest = Math.max(largest, Math.abs(input));
                weightSum += Math.abs(row[column]);
            }
            rounding += inputRounding(weights) * largest * weightSum;
        }
        assertThat(Math.abs(got - expected))
                .as(
                        "%s: %s [%d, %d], token %d, row %d: %s instead of %s",
                        description, weights.type(), weights.rows(), row.length, token, r, got, expected)
                .isLessThanOrEqualTo(matMulTolerance(weights) * magnitude + rounding + Float.MIN_NORMAL);
    }

    private void checkRows(WeightMatrix weights) {
        for (int row = 0; row < weights.rows(); row++) {
            Floats out = untouched(weights.columns() + 2L);
            kernels().dequantizeRow(out, 1, weights, row);

            for (int column = 0; column < weights.columns(); column++) {
                assertThat(out.get(column + 1L))
                        .as("%s, row %d, column %d of %d", weights.type(), row, column, weights.columns())
                        .isEqualTo((float) ReferenceFormats.element(weights, row, column));
            }
            assertThat(out.get(0)).isNaN();
            assertThat(out.get(weights.columns() + 1L)).isNaN();
        }
    }
}
