package dev.herd.kernels.bench;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The norm before attention and feed-forward, at Scout's width. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class RmsNormBenchmark {
    private static final int SIZE = 5120;
    private static final float EPSILON = 1e-5f;

    /** Provider. */
    @Param({"scalar", "vector"})
    public String kernels = "scalar";

    /** Rows. */
    @Param({"1", "64"})
    public int tokens = 1;

    private Kernels chosen = KernelsSelector.select(Optional.of("scalar")).kernels();
    private Floats x = Floats.copyOf();
    private Floats weight = Floats.copyOf();
    private Floats out = Floats.copyOf();

    /** Makes random rows. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        chosen = KernelsSelector.select(Optional.of(kernels)).kernels();
        x = random(random, (long) tokens * SIZE);
        weight = random(random, SIZE);
        out = random(random, (long) tokens * SIZE);
    }

    private static Floats random(Random random, long size) {
        Floats floats = Floats.allocate(Arena.ofAuto(), size);
        for (long i = 0; i < size; i++) {
            floats.set(i, (float) random.nextGaussian());
        }
        return floats;
    }

    /** Norms all rows on the calling thread. */
    @Benchmark
    public float rmsNorm(Work work) {
        chosen.rmsNorm(out, x, weight, EPSILON, SIZE, 0, tokens);
        work.add(2L * tokens * SIZE * Float.BYTES, 4L * tokens * SIZE);
        return out.get(0);
    }
}
