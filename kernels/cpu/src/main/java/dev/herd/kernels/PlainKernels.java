package dev.herd.kernels;

/**
 * Operations of the vision tower as their formulas read, with sums in double: the scalar kernels, and what other
 * providers use until they have their own.
 */
final class PlainKernels {
    private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

    /** Where {@code 1 - erf} is below half a unit in the last place of a double. */
    private static final double ERF_IS_ONE = 6;

    /** Floats that {@link #multiplyAdd} computes with, and how often each in a round. */
    private static final int CHAINED = 2048;

    private static final int CHAIN = 16;

    private PlainKernels() {}

    static void layerNorm(
            Floats out, Floats x, Floats weight, Floats bias, float epsilon, int size, int fromToken, int toToken) {
        float[] values = new float[size];
        float[] weights = weight.toArray(0, size);
        float[] biases = bias.toArray(0, size);
        for (int token = fromToken; token < toToken; token++) {
            long from = (long) token * size;
            x.read(from, values, 0, size);
            double sum = 0;
            for (float value : values) {
                sum += value;
            }
            double mean = sum / size;
            double squares = 0;
            for (float value : values) {
                squares += (value - mean) * (value - mean);
            }
            double scale = 1 / Math.sqrt(squares / size + epsilon);
            for (int i = 0; i < size; i++) {
                values[i] = (float) ((values[i] - mean) * scale * weights[i] + biases[i]);
            }
            out.write(from, values, 0, size);
        }
    }

    static void addBias(Floats x, Floats bias, int size, int fromToken, int toToken) {
        float[] biases = bias.toArray(0, size);
        float[] values = new float[size];
        for (int token = fromToken; token < toToken; token++) {
            long from = (long) token * size;
            x.read(from, values, 0, size);
            for (int i = 0; i < size; i++) {
                values[i] += biases[i];
            }
            x.write(from, values, 0, size);
        }
    }

    static void gelu(Floats x, long from, long to) {
        for (long i = from; i < to; i++) {
            double value = x.get(i);
            x.set(i, (float) (value * 0.5 * (1 + erf(value / Math.sqrt(2)))));
        }
    }

    /** By a series of positive terms: {@code 2/√π · e^-z² · Σ 2ⁿ z^(2n+1) / (1·3·…·(2n+1))}. */
    private static double erf(double z) {
        if (Math.abs(z) >= ERF_IS_ONE) {
            return Math.signum(z);
        }
        double square = z * z;
        double term = z;
        double sum = z;
        for (int n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
            term *= 2 * square / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_ROOT_PI * Math.exp(-square) * sum;
    }

    static void attendHead(
            Floats out, Floats query, Floats key, Floats value, int tokens, int heads, int headSize, int head) {
        float[] keys = head(key, tokens, heads, headSize, head);
        float[] values = head(value, tokens, heads, headSize, head);
        float[] one = new float[headSize];
        double[] scores = new double[tokens];
        for (int token = 0; token < tokens; token++) {
            long from = ((long) token * heads + head) * headSize;
            query.read(from, one, 0, headSize);
            double weightSum = softmaxScores(scores, one, keys);
            double[] sums = new double[headSize];
            for (int other = 0; other < tokens; other++) {
                for (int i = 0; i < headSize; i++) {
                    sums[i] += scores[other] * values[other * headSize + i];
                }
            }
            for (int i = 0; i < headSize; i++) {
                one[i] = (float) (sums[i] / weightSum);
            }
            out.write(from, one, 0, headSize);
        }
    }

    /** The weights of all tokens before they are divided by their sum, which is returned. */
    private static double softmaxScores(double[] scores, float[] query, float[] keys) {
        double scale = 1 / Math.sqrt(query.length);
        double largest = Double.NEGATIVE_INFINITY;
        for (int token = 0; token < scores.length; token++) {
            double dot = 0;
            for (int i = 0; i < query.length; i++) {
                dot += (double) query[i] * keys[token * query.length + i];
            }
            scores[token] = dot * scale;
            largest = Math.max(largest, scores[token]);
        }
        double sum = 0;
        for (int token = 0; token < scores.length; token++) {
            scores[token] = Math.exp(scores[token] - largest);
            sum += scores[token];
        }
        return sum;
    }

    /** {@code [tokens, headSize]} of one head. */
    private static float[] head(Floats x, int tokens, int heads, int headSize, int head) {
        float[] rows = new float[Math.multiplyExact(tokens, headSize)];
        for (int token = 0; token < tokens; token++) {
            x.read(((long) token * heads + head) * headSize, rows, token * headSize, headSize);
        }
        return rows;
    }

    /** On so few floats that they stay in the first-level cache, so often that loads and stores hide behind it. */
    static long multiplyAdd(int rounds) {
        float[] values = new float[CHAINED];
        for (int round = 0; round < rounds; round++) {
            chains(values);
        }
        return 2L * rounds * CHAINED * CHAIN;
    }

    /** Written out, as the compiler turns a straight line of operations on each element into vectors. */
    private static void chains(float[] values) {
        float a = 0.999f;
        float b = 1e-6f;
        for (int i = 0; i < values.length; i++) {
            float v = values[i];
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            v = Math.fma(v, a, b);
            values[i] = v;
        }
    }
}
