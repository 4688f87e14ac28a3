package dev.herd.kernels.cpu;

/**
 * Working memory of one thread, grown on demand and kept. An array belongs to whoever asked for it until the kernel that
 * it works for returns; each has one use: {@code bytes} encoded elements, {@code row} decoded ones, {@code inputs}
 * activations, {@code factors} and {@code zeros} scales and zero points, {@code lanes} the sums inside a dot product,
 * {@code sums} other accumulators, {@code scores} attention scores.
 */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    private byte[] bytes = new byte[0];
    private float[] row = new float[0];
    private float[] inputs = new float[0];
    private float[] factors = new float[0];
    private int[] zeros = new int[0];
    private final double[] lanes = new double[Dots.LANES];
    private double[] sums = new double[0];
    private double[] scores = new double[0];

    private Scratch() {}

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    byte[] bytes(int size) {
        bytes = bytes.length < size ? new byte[size] : bytes;
        return bytes;
    }

    float[] row(int size) {
        row = row.length < size ? new float[size] : row;
        return row;
    }

    float[] inputs(int size) {
        inputs = inputs.length < size ? new float[size] : inputs;
        return inputs;
    }

    float[] factors(int size) {
        factors = factors.length < size ? new float[size] : factors;
        return factors;
    }

    int[] zeros(int size) {
        zeros = zeros.length < size ? new int[size] : zeros;
        return zeros;
    }

    double[] lanes() {
        return lanes;
    }

    double[] sums(int size) {
        sums = sums.length < size ? new double[size] : sums;
        return sums;
    }

    double[] scores(int size) {
        scores = scores.length < size ? new double[size] : scores;
        return scores;
    }
}
