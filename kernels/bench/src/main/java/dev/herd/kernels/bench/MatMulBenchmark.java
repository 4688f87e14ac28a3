package dev.herd.kernels.bench;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Matrix products of every format: decode with one token, prefill with many. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            // as the launcher starts the JVM for the vector kernels
            "-XX:CompileCommand=dontinline,dev.herd.kernels.cpu.Vector*::decode*",
            "-XX:CompileCommand=dontinline,dev.herd.kernels.cpu.Vector*::dot*",
            "-XX:CompileCommand=dontinline,dev.herd.kernels.cpu.Vector*::unpack*",
            "-XX:CompileCommand=dontinline,dev.herd.kernels.cpu.Vector*::multiply*"
        })
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class MatMulBenchmark {
    private static final int ROWS = 4096;
    private static final int COLUMNS = 4096;
    private static final long BEYOND_CACHES = 512L << 20;

    /** Provider. */
    @Param({"scalar", "vector"})
    public String kernels = "scalar";

    /** Encoding of the weights. */
    @Param({
        "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
        "IQ4_XS", "MXFP4"
    })
    public TensorType type = TensorType.Q8_0;

    /** Rows of the input. */
    @Param({"1", "64"})
    public int tokens = 1;

    /** Workers. */
    @Param("1")
    public int threads = 1;

    private final Arena arena = Arena.ofShared();
    private Kernels chosen = KernelsSelector.select(Optional.of("scalar")).kernels();
    private Workers workers = new Workers(1);
    private WeightMatrix[] copies = {};
    private Floats x = Floats.copyOf();
    private Floats out = Floats.copyOf();
    private int next;

    /** Makes copies of one matrix that together do not fit the caches. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        chosen = KernelsSelector.select(Optional.of(kernels)).kernels();
        workers = new Workers(threads);
        x = Floats.allocate(arena, (long) tokens * COLUMNS);
        for (long i = 0; i < x.size(); i++) {
            x.set(i, (float) random.nextGaussian());
        }
        out = Floats.allocate(arena, (long) tokens * ROWS);
        MemorySegment data = matrix(random);
        copies = new WeightMatrix[Math.toIntExact(BEYOND_CACHES / data.byteSize()) + 1];
        for (int i = 0; i < copies.length; i++) {
            MemorySegment copy = arena.allocate(data.byteSize(), 64).copyFrom(data);
            copies[i] = new WeightMatrix.RowMajor(type, copy, ROWS, COLUMNS);
        }
    }

    private MemorySegment matrix(Random random) {
        float[] row = new float[COLUMNS];
        for (int i = 0; i < COLUMNS; i++) {
            row[i] = (float) (random.nextGaussian() * 0.02);
        }
        long rowBytes = type.bytes(COLUMNS);
        MemorySegment data = arena.allocate(rowBytes * ROWS, 64);
        QuantFormats.quantize(type, row, 0, COLUMNS, data, 0);
        for (int r = 1; r < ROWS; r++) {
            MemorySegment.copy(data, 0, data, r * rowBytes, rowBytes);
        }
        return data;
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        workers.close();
        arena.close();
    }

    /** One product; returns an output so that it is not removed. */
    @Benchmark
    public float matMul(Work work) {
        next = (next + 1) % copies.length;
        WeightMatrix weights = copies[next];
        workers.run(ROWS, (from, to, _) -> chosen.matMul(out, x, weights, tokens, from, to));
        work.add(weights.byteSize(), 2L * tokens * ROWS * COLUMNS);
        return out.get(0);
    }
}
