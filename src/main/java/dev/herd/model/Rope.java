package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.RopeScaling;
import org.jspecify.annotations.Nullable;

/**
 * Rotary positions: the frequency of each pair of a head's elements, and the rotations of a position.
 *
 * <p>Frequencies are rounded to float as the reference's are, since checkpoints were trained with those; angles are
 * computed in double, so that positions in the millions lose nothing.
 */
final class Rope {
    private final float[] frequencies; // [headSize / 2]

    /**
     * @param divisors {@code [headSize / 2]} from the checkpoint; they replace the configured scaling
     */
    Rope(ModelConfig config, @Nullable Floats divisors) {
        int pairs = config.headSize() / 2;
        frequencies = new float[pairs];
        RopeScaling scaling = config.ropeScaling();
        for (int pair = 0; pair < pairs; pair++) {
            double frequency = (float) Math.pow(config.ropeTheta(), -2.0 * pair / config.headSize());
            if (divisors != null) {
                frequency /= divisors.get(pair);
            } else if (scaling != null) {
                frequency = scaled(frequency, scaling);
            }
            frequencies[pair] = (float) frequency;
        }
    }

    /** Short wavelengths stay, long ones are stretched by the factor, those between are blended (llama4.md 2.4). */
    private static double scaled(double frequency, RopeScaling scaling) {
        double wavelength = 2 * Math.PI / frequency;
        double shortest = scaling.originalContext() / (double) scaling.highFrequencyFactor();
        double longest = scaling.originalContext() / (double) scaling.lowFrequencyFactor();
        if (wavelength < shortest) {
            return frequency;
        }
        if (wavelength > longest) {
            return frequency / scaling.factor();
        }
        double band = scaling.highFrequencyFactor() - scaling.lowFrequencyFactor();
        if (band == 0) {
            return frequency;
        }
        double smooth = (scaling.originalContext() / wavelength - scaling.lowFrequencyFactor()) / band;
        return (1 - smooth) * frequency / scaling.factor() + smooth * frequency;
    }

    /**
     * Writes cosine and sine of every pair's angle at {@code position}.
     *
     * @param rotations {@code [tokens, headSize / 2, 2]}, of which row {@code token} is written
     */
    void rotations(Floats rotations, int token, int position) {
        long out = (long) token * 2 * frequencies.length;
        for (float frequency : frequencies) {
            double angle = (double) position * frequency;
            rotations.set(out++, (float) Math.cos(angle));
            rotations.set(out++, (float) Math.sin(angle));
        }
    }
}
