package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RopeDivisorsTest {
    @Test
    void stepsFromOneToSixteenAfterThirtyFivePairsOfScout() {
        float[] divisors = RopeDivisors.of(new RopeScaling(16, 1, 1, 8192), 500_000, 128);

        float[] expected = new float[64];
        Arrays.fill(expected, 0, 35, 1);
        Arrays.fill(expected, 35, 64, 16);
        assertThat(divisors).isEqualTo(expected);
    }

    @Test
    void interpolatesBetweenTheFactorsWhenTheyDiffer() {
        RopeScaling scaling = new RopeScaling(8, 1, 4, 8192);

        float[] divisors = RopeDivisors.of(scaling, 500_000, 128);

        for (int pair = 0; pair < 64; pair++) {
            double frequency = Math.pow(500_000, -pair / 64.0);
            double wavelength = 2 * Math.PI / frequency;
            double scaled;
            if (wavelength < 8192 / 4.0) {
                scaled = frequency;
            } else if (wavelength > 8192) {
                scaled = frequency / 8;
            } else {
                double smooth = (8192 / wavelength - 1) / (4 - 1);
                scaled = (1 - smooth) * frequency / 8 + smooth * frequency;
            }
            assertThat(frequency / divisors[pair] / scaled).isBetween(1 - 1e-6, 1 + 1e-6);
        }
        assertThat(divisors).isSorted().startsWith(1).endsWith(8);
    }
}
