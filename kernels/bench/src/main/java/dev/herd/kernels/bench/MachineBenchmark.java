package dev.herd.kernels.bench;

import dev.herd.kernels.Workers;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The ceilings of the machine as Java reaches them: reading memory, and multiplying and adding in registers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class MachineBenchmark {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int STRETCHES = 128;
    private static final int STRETCH_LONGS = 1 << 19; // 4 MB, 512 MB in all
    private static final int ROUNDS = 100_000;
    private static final int CHAINS = 8;

    /** Workers. */
    @Param({"1", "2"})
    public int threads = 1;

    private Workers workers = new Workers(1);
    private long[][] stretches = {};
    private long[] sums = {};
    private float[] results = {};

    /** Fills the memory. */
    @Setup
    public void setUp() {
        workers = new Workers(threads);
        stretches = new long[STRETCHES][STRETCH_LONGS];
        for (long[] stretch : stretches) {
            Arrays.fill(stretch, 3);
        }
        sums = new long[threads];
        results = new float[threads];
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        workers.close();
    }

    /** Reads memory that does not fit the caches. */
    @Benchmark
    public long read(Work work) {
        workers.run(STRETCHES, (from, to, worker) -> {
            long sum = 0;
            for (int i = from; i < to; i++) {
                sum += sum(stretches[i]);
            }
            sums[worker] = sum;
        });
        work.add((long) STRETCHES * STRETCH_LONGS * Long.BYTES, 0);
        return sums[0];
    }

    private static long sum(long[] stretch) {
        long sum = 0;
        for (long value : stretch) {
            sum += value;
        }
        return sum;
    }

    /** Multiplies and adds in registers, in as many independent chains as hide the latency. */
    @Benchmark
    public float fma(Work work) {
        workers.run(threads, (from, to, worker) -> {
            for (int i = from; i < to; i++) {
                results[worker] = chains(1 + i * 1e-9f);
            }
        });
        work.add(0, 2L * threads * ROUNDS * CHAINS * SPECIES.length());
        return results[0];
    }

    private static float chains(float factor) {
        FloatVector a = FloatVector.broadcast(SPECIES, factor);
        FloatVector b = FloatVector.broadcast(SPECIES, 1e-9f);
        FloatVector sum0 = b;
        FloatVector sum1 = b;
        FloatVector sum2 = b;
        FloatVector sum3 = b;
        FloatVector sum4 = b;
        FloatVector sum5 = b;
        FloatVector sum6 = b;
        FloatVector sum7 = b;
        for (int i = 0; i < ROUNDS; i++) {
            sum0 = sum0.fma(a, b);
            sum1 = sum1.fma(a, b);
            sum2 = sum2.fma(a, b);
            sum3 = sum3.fma(a, b);
            sum4 = sum4.fma(a, b);
            sum5 = sum5.fma(a, b);
            sum6 = sum6.fma(a, b);
            sum7 = sum7.fma(a, b);
        }
        return sum0.add(sum1)
                .add(sum2)
                .add(sum3)
                .add(sum4)
                .add(sum5)
                .add(sum6)
                .add(sum7)
                .lane(0);
    }
}
