package dev.herd.cli;

import dev.herd.kernels.Workers;

/** The rate at which this machine multiplies and adds 32-bit floats at best: the ceiling that kernels are measured by. */
final class FmaPeak {
    /** Floats of a thread, so few that they stay in the first-level cache. */
    private static final int SIZE = 2048;

    /** Multiplications with addition of each float per pass, so that loads and stores hide behind them. */
    private static final int CHAIN = 16;

    private static final int PASSES = 20_000;
    private static final int ROUNDS = 6;

    private FmaPeak() {}

    /** Operations per second of {@code threads} threads together, an addition and a multiplication counting as two. */
    static double flops(int threads) {
        float[][] values = new float[threads][SIZE];
        double best = 0;
        try (Workers workers = new Workers(threads)) {
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                workers.run(threads, (from, to, worker) -> {
                    for (int thread = from; thread < to; thread++) {
                        for (int pass = 0; pass < PASSES; pass++) {
                            chains(values[thread]);
                        }
                    }
                });
                double seconds = (System.nanoTime() - start) / 1e9;
                best = Math.max(best, 2.0 * threads * PASSES * SIZE * CHAIN / seconds);
            }
        }
        return best;
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
