package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Inputs and weights are brought into the range of halves by powers of two, whatever their size. */
final class HalfInputsTest {
    private static final int COLUMNS = 150;

    @ParameterizedTest
    @CsvSource({"0", "1e-37", "1e-3", "1", "70000", "1e30", "3e38"})
    void aRowIsItsHalvesTimesAPowerOfTwo(float size) {
        if (!Device.hasMma()) {
            return;
        }
        Random random = new Random(1);
        FloatArray x = new FloatArray(2 * COLUMNS);
        for (int i = 0; i < x.getSize(); i++) {
            x.set(i, size * (random.nextFloat() - 0.5f) * (i % 7 == 0 ? 1e-3f : 1));
        }

        HalfProducts.Inputs inputs = HalfProducts.Inputs.of(Device.step(1), x, COLUMNS, 2);

        for (int row = 0; row < 2; row++) {
            float scale = inputs.scales().get(row);
            assertThat(Math.getExponent(scale)).isBetween(-100, 113);
            assertThat(scale).isEqualTo(Math.scalb(1f, Math.getExponent(scale)));
            for (int column = 0; column < 192; column++) {
                float quotient = column < COLUMNS ? x.get(row * COLUMNS + column) / scale : 0;
                float first = half(inputs.halves(), row, 0, column);
                assertThat(Math.abs(quotient)).isLessThanOrEqualTo(32768);
                assertThat(first).as("column %d", column).isEqualTo(rounded(quotient));
                assertThat(half(inputs.halves(), row, 1, column))
                        .as("rest of column %d", column)
                        .isEqualTo(rounded(quotient - first));
            }
        }
    }

    /** A product of what is no number must be none either, or a mistake of the model's would look like an answer. */
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void whatIsNoNumberIsNoneAsHalf(float value) {
        if (!Device.hasMma()) {
            return;
        }
        FloatArray x = new FloatArray(2 * COLUMNS);
        x.init(1);
        x.set(77, value);

        HalfProducts.Inputs inputs = HalfProducts.Inputs.of(Device.step(1), x, COLUMNS, 2);

        assertThat(Float.isFinite(
                        half(inputs.halves(), 0, 0, 77) * inputs.scales().get(0)))
                .isFalse();
        assertThat(half(inputs.halves(), 1, 0, 77) * inputs.scales().get(1)).isEqualTo(1);
    }

    private static float rounded(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }

    /** Column 4q + i of 16 is at place 4i + q. */
    private static float half(IntArray halves, int row, int part, int column) {
        int place = column / 16 * 16 + 4 * (column % 4) + column % 16 / 4;
        int words = HalfInputs.partWords(COLUMNS);
        int word = halves.get((2 * row + part) * words + place / 2);
        return Float.float16ToFloat((short) (word >> (16 * (place % 2))));
    }

    @Test
    void theLargestWeightDecidesAboutTheRangeOfItsMatrix() {
        float[] weights = {0.25f, -3e38f, 1e-30f, 0};
        int[] words = new int[4];
        for (int i = 0; i < 4; i++) {
            words[i] = Float.floatToRawIntBits(weights[i]);
        }
        MemorySegment segment = MemorySegment.ofArray(words);

        assertThat(HalfRange.largest(segment, DeviceFormat.F32, 2, 0, 2)).isEqualTo(3e38f);
        assertThat(HalfRange.largest(segment, DeviceFormat.F32, 2, 1, 2)).isEqualTo(1e-30f);
        assertThat(HalfRange.factor(3e38f)).isEqualTo(0x1p-113f);
        assertThat(HalfRange.factor(0.02f)).isEqualTo(0x1p20f);
        assertThat(HalfRange.factor(Float.POSITIVE_INFINITY)).isEqualTo(0x1p-113f);
        assertThat(HalfRange.factor(0)).isEqualTo(0x1p100f);
    }

    @ParameterizedTest
    @CsvSource({"F16", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q6_K"})
    void noWeightExceedsWhatIsToldOfItsMatrix(DeviceFormat format) {
        Random random = new Random(2);
        int columns = 256;
        int[] words = random.ints(4L * format.rowWords(columns)).toArray();
        for (int i = 0; i < words.length; i++) {
            words[i] &= 0xBFFFBFFF; // no exponents of infinities in halves
        }
        IntArray matrix = IntArray.fromArray(words);

        float largest = HalfRange.largest(matrix.getSegment(), format, columns, 0, 4);

        float most = 0;
        for (int row = 0; row < 4; row++) {
            int at = row * format.rowWords(columns);
            for (int unit = 0; unit < columns / Weights.UNIT; unit++) {
                float scale = Weights.scale(matrix, format.code(), at, unit);
                float offset = Weights.offset(matrix, format.code(), at, unit);
                for (int i = 0; i < Weights.UNIT; i++) {
                    float weight = scale * Weights.level(matrix, format.code(), at, unit, i) - offset;
                    most = Math.max(most, Math.abs(weight));
                }
            }
        }
        assertThat(most).isPositive().isLessThanOrEqualTo(largest);
        assertThat(most).isGreaterThan(largest / 64);
    }
}
