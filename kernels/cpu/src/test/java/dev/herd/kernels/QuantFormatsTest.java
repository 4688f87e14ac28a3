package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class QuantFormatsTest {
    /**
     * What quantising may cost.
     *
     * @param rms root of the mean squared error of normally distributed elements, as a share of their deviation
     * @param largest largest error of any element, as a share of the largest magnitude in its group
     */
    private record Loss(double rms, double largest) {}

    private static final Map<TensorType, Loss> LOSSES = new EnumMap<>(Map.ofEntries(
            Map.entry(TensorType.F32, new Loss(0, 0)),
            Map.entry(TensorType.F16, new Loss(0.0003, 0x1p-11)),
            Map.entry(TensorType.BF16, new Loss(0.002, 0x1p-8)),
            Map.entry(TensorType.F8_E4M3, new Loss(0.036, 0x1p-4)),
            Map.entry(TensorType.Q8_0, new Loss(0.006, 0.005)),
            Map.entry(TensorType.Q6_K, new Loss(0.018, 0.05)),
            Map.entry(TensorType.Q5_0, new Loss(0.045, 0.10)),
            Map.entry(TensorType.Q5_1, new Loss(0.037, 0.10)),
            Map.entry(TensorType.Q5_K, new Loss(0.040, 0.10)),
            Map.entry(TensorType.Q4_0, new Loss(0.09, 0.17)),
            Map.entry(TensorType.Q4_1, new Loss(0.077, 0.17)),
            Map.entry(TensorType.Q4_K, new Loss(0.078, 0.17)),
            Map.entry(TensorType.IQ4_NL, new Loss(0.082, 0.20)),
            Map.entry(TensorType.IQ4_XS, new Loss(0.083, 0.20)),
            Map.entry(TensorType.MXFP4, new Loss(0.125, 0.26)),
            Map.entry(TensorType.Q3_K, new Loss(0.165, 0.30)),
            Map.entry(TensorType.Q2_K, new Loss(0.30, 0.40))));

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    void randomBytesDecodeExactly(TensorType type) {
        for (long seed = 0; seed < 40; seed++) {
            assertDecodesExactly("seed " + seed, type, KernelCases.randomBytes(new Random(seed), type.bytes(512)));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    void everyByteValueDecodesExactly(TensorType type) {
        byte[] bytes = new byte[Math.toIntExact(type.bytes(256))];
        for (int value = 0; value < 256; value++) {
            Arrays.fill(bytes, (byte) value);

            assertDecodesExactly("byte " + value, type, KernelCases.unalignedCopy(bytes));
        }
    }

    private static void assertDecodesExactly(String description, TensorType type, MemorySegment data) {
        int length = Math.toIntExact(data.byteSize() / type.quantGroupBytes()) * type.quantGroupSize();
        float[] decoded = new float[length + 5];
        float[] fromArray = new float[length + 5];

        QuantFormats.dequantize(type, data, 0, decoded, 3, length);
        QuantFormats.dequantize(type, data.toArray(ValueLayout.JAVA_BYTE), 0, fromArray, 3, length);

        for (int i = 0; i < length; i++) {
            float expected = (float) ReferenceFormats.element(type, data, 0, i);
            assertThat(decoded[3 + i])
                    .as("%s, %s, element %d", type, description, i)
                    .isEqualTo(Float.valueOf(expected));
        }
        assertThat(fromArray).isEqualTo(decoded);
        assertThat(new float[] {decoded[0], decoded[2], decoded[length + 3]}).containsOnly(0);
    }

    @ParameterizedTest
    @MethodSource("dev.herd.kernels.KernelCases#weightTypes")
    void stretchesLongerThanTheStagingBufferDecodeFromAnyOffset(TensorType type) {
        MemorySegment data = KernelCases.randomBytes(new Random(1), type.bytes(10240));
        int length = 10240 - 256;
        float[] decoded = new float[length];

        QuantFormats.dequantize(type, data, type.bytes(256), decoded, 0, length);

        for (int i = 0; i < length; i++) {
            float expected = (float) ReferenceFormats.element(type, data, 0, i + 256);
            assertThat(decoded[i]).as("element %d", i).isEqualTo(Float.valueOf(expected));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F64", "I8", "I16", "I32", "I64"})
    void quantisingNormalElementsLosesNoMoreThanStated(TensorType type) {
        for (double deviation : new double[] {0.02, 1, 50}) {
            float[] values = KernelCases.normal(new Random(2), 8192, deviation).toArray(0, 8192);

            float[] restored = roundTrip(type, values);

            double squares = 0;
            for (int i = 0; i < values.length; i++) {
                squares += Math.pow((values[i] - restored[i]) / deviation, 2);
            }
            assertThat(Math.sqrt(squares / values.length)).isLessThanOrEqualTo(loss(type).rms);
            assertGroupErrors(type, values, restored, "normal, deviation " + deviation);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F64", "I8", "I16", "I32", "I64"})
    void quantisingAwkwardElementsLosesNoMoreThanStated(TensorType type) {
        float[] values = new float[256];
        Random random = new Random(3);
        for (int kind = 0; kind < 7; kind++) {
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (kind) {
                    case 0 -> 1.5f;
                    case 1 -> -0.3f;
                    case 2 -> i == 77 ? -40 : 0;
                    case 3 -> random.nextFloat() + 0.5f;
                    case 4 -> -random.nextFloat();
                    case 5 -> i % 2 == 0 ? 2 : -2;
                    default -> i / 255f;
                };
            }
            assertGroupErrors(type, values, roundTrip(type, values), "kind " + kind);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F64", "I8", "I16", "I32", "I64"})
    void zerosAndVanishingElementsStayZero(TensorType type) {
        float[] zeros = new float[256];
        for (float restored : roundTrip(type, zeros)) {
            assertThat(Math.abs(restored)).isZero();
        }

        Arrays.fill(zeros, 1e-38f);
        for (float restored : roundTrip(type, zeros)) {
            assertThat(restored).isCloseTo(0, within(1.1e-38f));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F32", "F16", "BF16", "F8_E4M3", "F64", "I8", "I16", "I32", "I64"})
    void elementsThatAreNotFiniteAreRefused(TensorType type) {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] values = new float[256];
            values[200] = value;

            assertThatThrownBy(() -> roundTrip(type, values))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("element 200")
                    .hasMessageContaining(type.name());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"I8", "I16", "I32", "I64"})
    void integersHoldNoWeights(TensorType type) {
        float[] values = new float[8];

        assertThat(QuantFormats.holdsWeights(type)).isFalse();
        assertThatThrownBy(() -> QuantFormats.dequantize(type, KernelCases.unaligned(64), 0, values, 0, 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(type.name());
        assertThatThrownBy(() -> roundTrip(type, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(type.name());
    }

    @Test
    void partsOfAGroupAreRefused() {
        float[] values = new float[256];
        MemorySegment data = KernelCases.unaligned(1000);

        assertThatThrownBy(() -> QuantFormats.dequantize(TensorType.Q4_K, data, 0, values, 0, 128))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> QuantFormats.quantize(TensorType.Q8_0, values, 0, 33, data, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void bf16RoundsToNearestEven() {
        float[] values = {
            1,
            Float.intBitsToFloat(0x3F808000),
            Float.intBitsToFloat(0x3F818000),
            Float.intBitsToFloat(0x3F808001),
            -0f,
            Float.MAX_VALUE,
            Float.NaN,
            Float.intBitsToFloat(0x7F800001),
            Float.NEGATIVE_INFINITY
        };

        assertThat(roundTrip(TensorType.BF16, values))
                .containsExactly(
                        1,
                        1,
                        Float.intBitsToFloat(0x3F820000),
                        Float.intBitsToFloat(0x3F810000),
                        -0f,
                        Float.POSITIVE_INFINITY,
                        Float.NaN,
                        Float.NaN,
                        Float.NEGATIVE_INFINITY);
    }

    @Test
    void fp8RoundsToNearestEvenAndSaturates() {
        float[] values = {1.0625f, 1.1875f, -1.07f, 449, -1e9f, 0x1p-10f, 0x1.8p-9f, -0f, 0x1.1p-10f};

        assertThat(roundTrip(TensorType.F8_E4M3, values))
                .containsExactly(1, 1.25f, -1.125f, 448, -448, 0, 0x1p-8f, -0f, 0x1p-9f);
    }

    private static Loss loss(TensorType type) {
        Loss loss = LOSSES.get(type);
        assertThat(loss).as("stated loss of %s", type).isNotNull();
        return Objects.requireNonNull(loss);
    }

    private static void assertGroupErrors(TensorType type, float[] values, float[] restored, String description) {
        int size = type.quantGroupSize();
        for (int group = 0; group < values.length; group += size) {
            double largest = 0;
            double error = 0;
            for (int i = group; i < group + size; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
                error = Math.max(error, Math.abs(values[i] - restored[i]));
            }
            assertThat(error)
                    .as("%s, %s, group at %d, largest %s", type, description, group, largest)
                    .isLessThanOrEqualTo(Math.max(loss(type).largest * largest, halfOfTheLeastNumber(type)));
        }
    }

    private static double halfOfTheLeastNumber(TensorType type) {
        return switch (type) {
            case F8_E4M3 -> 0x1p-10;
            case F16 -> 0x1p-25;
            default -> 0;
        };
    }

    /** Writes twice, at an odd address, checks that both are the same and nothing else was touched, and reads. */
    private static float[] roundTrip(TensorType type, float[] values) {
        int size = Math.toIntExact(type.bytes(values.length));
        float[] shifted = new float[values.length + 3];
        System.arraycopy(values, 0, shifted, 3, values.length);
        MemorySegment data = KernelCases.unaligned(size + 2L);
        MemorySegment again = KernelCases.unaligned(size);

        QuantFormats.quantize(type, shifted, 3, values.length, data, 1);
        QuantFormats.quantize(type, values, 0, values.length, again, 0);

        assertThat(data.asSlice(1, size).mismatch(again)).isEqualTo(-1);
        assertThat(data.get(ValueLayout.JAVA_BYTE, 0)).isZero();
        assertThat(data.get(ValueLayout.JAVA_BYTE, size + 1L)).isZero();
        float[] restored = new float[values.length];
        QuantFormats.dequantize(type, data, 1, restored, 0, values.length);
        return restored;
    }
}
