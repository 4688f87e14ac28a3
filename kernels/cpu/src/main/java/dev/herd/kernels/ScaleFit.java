package dev.herd.kernels;

/**
 * The search for scales that reproduce a run of elements with a small squared error: a handful of candidates around the
 * one that just covers the range, each improved by least squares.
 */
final class ScaleFit {
    private static final int CANDIDATES = 8;
    private static final float CANDIDATE_STEP = 0.1f;
    /** Runs below this hold nothing that a half-precision scale can express. */
    private static final float TINY = 1e-30f;

    private ScaleFit() {}

    /** {@code x ≈ scale · q + min}. */
    record Affine(float scale, float min) {}

    /** The element of largest magnitude, with its sign; the first of equals. */
    static float extremum(float[] x, int from, int length) {
        float extremum = 0;
        for (int i = from; i < from + length; i++) {
            if (Math.abs(x[i]) > Math.abs(extremum)) {
                extremum = x[i];
            }
        }
        return extremum;
    }

    /** The whole number nearest to {@code value} in {@code [lowest, highest]}. */
    static int nearest(float value, int lowest, int highest) {
        return Math.clamp((long) Math.rint(value), lowest, highest);
    }

    /** {@code value / scale}, or 0 for the scale 0 of a run of zeros. */
    static float ratio(float value, float scale) {
        return scale == 0 ? 0 : value / scale;
    }

    /**
     * A scale s with {@code x ≈ s · q} for whole q in {@code [lowest, highest]}, {@code lowest} being the end that
     * reaches further from 0; s is negative if the largest element is positive.
     */
    static float symmetric(float[] x, int from, int length, int lowest, int highest) {
        return symmetric(x, from, length, lowest, value -> nearest(value, lowest, highest));
    }

    /** The same for levels that are not evenly spaced. */
    static float symmetric(float[] x, int from, int length, int lowest, Levels levels) {
        float extremum = extremum(x, from, length);
        if (Math.abs(extremum) < TINY) {
            return 0;
        }
        double bestGain = -1;
        double bestScale = 0;
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            float inverse = lowest * (1 + candidate * CANDIDATE_STEP / CANDIDATES) / extremum;
            double product = 0;
            double square = 0;
            for (int i = from; i < from + length; i++) {
                int level = levels.nearest(x[i] * inverse);
                product += (double) x[i] * level;
                square += (double) level * level;
            }
            double gain = square == 0 ? -1 : product * product / square;
            if (gain > bestGain) {
                bestGain = gain;
                bestScale = product / square;
            }
        }
        return (float) bestScale;
    }

    /**
     * Scale and offset for whole q in {@code [0, highest]}.
     *
     * @param isMinNotPositive whether the format can only store offsets of 0 and below
     */
    static Affine affine(float[] x, int from, int length, int highest, boolean isMinNotPositive) {
        float low = isMinNotPositive ? 0 : x[from];
        float high = low;
        for (int i = from; i < from + length; i++) {
            low = Math.min(low, x[i]);
            high = Math.max(high, x[i]);
        }
        Affine best = new Affine((high - low) / highest, low);
        if (high - low < TINY) {
            return new Affine(0, low);
        }
        double bestError = squaredError(x, from, length, highest, best);
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            float scale = (high - low) / (highest * (1 + candidate * CANDIDATE_STEP / CANDIDATES));
            Affine fitted = leastSquares(x, from, length, highest, new Affine(scale, low), isMinNotPositive);
            double error = squaredError(x, from, length, highest, fitted);
            if (error < bestError) {
                bestError = error;
                best = fitted;
            }
        }
        return best;
    }

    /** The best scale and offset for the levels that {@code guess} assigns. */
    private static Affine leastSquares(
            float[] x, int from, int length, int highest, Affine guess, boolean isMinNotPositive) {
        double sumX = 0;
        double sumQ = 0;
        double sumQq = 0;
        double sumXq = 0;
        for (int i = from; i < from + length; i++) {
            int level = nearest((x[i] - guess.min()) / guess.scale(), 0, highest);
            sumX += x[i];
            sumQ += level;
            sumQq += (double) level * level;
            sumXq += (double) x[i] * level;
        }
        double determinant = length * sumQq - sumQ * sumQ;
        if (determinant <= 0) {
            return guess;
        }
        double min = (sumQq * sumX - sumQ * sumXq) / determinant;
        double scale = (length * sumXq - sumX * sumQ) / determinant;
        if (isMinNotPositive && min > 0) {
            return new Affine((float) (sumXq / sumQq), 0);
        }
        return new Affine((float) scale, (float) min);
    }

    private static double squaredError(float[] x, int from, int length, int highest, Affine fit) {
        if (!(fit.scale() > 0)) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        for (int i = from; i < from + length; i++) {
            int level = nearest((x[i] - fit.min()) / fit.scale(), 0, highest);
            double error = (double) x[i] - (double) fit.scale() * level - fit.min();
            sum += error * error;
        }
        return sum;
    }

    /** The values that a format can store before scaling. */
    @FunctionalInterface
    interface Levels {
        /** The level nearest to {@code value}. */
        int nearest(float value);
    }
}
