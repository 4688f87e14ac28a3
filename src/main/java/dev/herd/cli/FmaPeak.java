package dev.herd.cli;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.Workers;

/** The rate at which this machine multiplies and adds 32-bit floats at best: the ceiling that kernels are measured by. */
final class FmaPeak {
    private static final long ENOUGH_NANOS = 100_000_000;
    private static final int BATCHES = 6;

    private FmaPeak() {}

    /** Operations per second of {@code threads} threads together, an addition and a multiplication counting as two. */
    static double flops(Kernels kernels, int threads) {
        int rounds = 1000;
        long nanos = 0;
        while (nanos < ENOUGH_NANOS && rounds < 1 << 29) {
            rounds *= 2;
            long start = System.nanoTime();
            kernels.multiplyAdd(rounds);
            nanos = System.nanoTime() - start;
        }
        int enough = rounds;
        double best = 0;
        try (Workers workers = new Workers(threads)) {
            long[] operations = new long[threads];
            for (int batch = 0; batch < BATCHES; batch++) {
                long start = System.nanoTime();
                workers.run(threads, (from, to, worker) -> {
                    for (int thread = from; thread < to; thread++) {
                        operations[thread] = kernels.multiplyAdd(enough);
                    }
                });
                double seconds = (System.nanoTime() - start) / 1e9;
                best = Math.max(best, threads * operations[0] / seconds);
            }
        }
        return best;
    }
}
