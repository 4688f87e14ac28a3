package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Arithmetic on bits against the JDK's own conversions. */
final class BitsTest {
    @Test
    void everyFiniteHalfIsDecodedExactly() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float expected = Float.float16ToFloat((short) bits);
            if (Float.isFinite(expected)) {
                assertThat(Bits.half(bits)).as("half %x", bits).isEqualTo(expected);
                assertThat(Bits.half(bits | 0xABCD0000))
                        .as("half %x below others", bits)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void everyFiniteHalfIsEncodedAsItself() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = Float.float16ToFloat((short) bits);
            if (Float.isFinite(value) && value != 0) {
                assertThat(Bits.toHalf(value)).as("half %x", bits).isEqualTo(bits);
            }
        }
        assertThat(Bits.toHalf(0)).isZero();
        assertThat(Bits.toHalf(-0f)).isZero();
    }

    @Test
    void floatsBecomeTheNearestHalf() {
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            float value = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(48) - 30));
            assertNearest(value);
        }
        for (int bits = 0; bits < 0x7BFF; bits++) {
            float middle = (Float.float16ToFloat((short) bits) + Float.float16ToFloat((short) (bits + 1))) / 2;
            assertNearest(middle);
            assertNearest(-Math.nextUp(middle));
            assertNearest(Math.nextDown(middle));
        }
    }

    @Test
    void whatIsTooLargeBecomesTheLargestHalf() {
        for (float value : new float[] {65504, 65519, 65520, 1e6f, Float.MAX_VALUE}) {
            assertThat(Bits.toHalf(value)).isEqualTo(0x7BFF);
            assertThat(Bits.toHalf(-value)).isEqualTo(0xFBFF);
        }
    }

    private static void assertNearest(float value) {
        float clamped = Math.clamp(value, -65504f, 65504f);
        int expected = Float.floatToFloat16(clamped) & 0xFFFF;
        if (expected != 0x8000) {
            assertThat(Bits.toHalf(value)).as("%s", value).isEqualTo(expected);
        }
    }

    @Test
    void floatsAreDecodedAndEncodedExactly() {
        Random random = new Random(2);
        for (int i = 0; i < 300_000; i++) {
            assertSingle(random.nextInt());
        }
        for (int exponent = 0; exponent < 255; exponent++) {
            for (int mantissa : new int[] {0, 1, 0x400000, 0x7FFFFF}) {
                assertSingle(exponent << 23 | mantissa);
                assertSingle(0x80000000 | exponent << 23 | mantissa);
            }
        }
    }

    private static void assertSingle(int bits) {
        float value = Float.intBitsToFloat(bits);
        if (Float.isFinite(value)) {
            assertThat(Bits.single(bits)).as("bits %x", bits).isEqualTo(value);
            assertThat(Bits.toSingle(value)).as("%s", value).isEqualTo(value == 0 ? 0 : bits);
        }
    }
}
