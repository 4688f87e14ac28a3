package dev.herd.weights;

import dev.herd.weights.ModelConfig.RopeScaling;

/** The frequency step of Llama 3 as divisors of the rotary frequencies, which is how GGUF stores it. */
public final class RopeDivisors {
    private RopeDivisors() {}

    /**
     * The divisor of each pair of a head.
     *
     * <p>Frequencies whose wavelength is below {@code originalContext / highFrequencyFactor} stay; those above
     * {@code originalContext / lowFrequencyFactor} are divided by {@code factor}; between the two the divisor's inverse
     * is interpolated. Scout's factors are equal, so that nothing lies between.
     *
     * @return {@code [headSize / 2]}
     */
    public static float[] of(RopeScaling scaling, float ropeTheta, int headSize) {
        double low = scaling.lowFrequencyFactor();
        double high = scaling.highFrequencyFactor();
        float[] divisors = new float[headSize / 2];
        for (int pair = 0; pair < divisors.length; pair++) {
            double wavelength = 2 * Math.PI * Math.pow(ropeTheta, 2.0 * pair / headSize);
            double turns = scaling.originalContext() / wavelength;
            if (turns > high) {
                divisors[pair] = 1;
            } else if (turns < low || high <= low) {
                divisors[pair] = scaling.factor();
            } else {
                double smooth = (turns - low) / (high - low);
                divisors[pair] = (float) (1 / ((1 - smooth) / scaling.factor() + smooth));
            }
        }
        return divisors;
    }
}
