package dev.herd.kernels.bench;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Attention of one token over a context, with Scout's heads. */
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
public class AttendBenchmark {
    private static final int KV_HEADS = 8;
    private static final int GROUP_SIZE = 5;
    private static final int HEADS = KV_HEADS * GROUP_SIZE;
    private static final int HEAD_SIZE = 128;
    private static final int BLOCK_SIZE = 32;

    /** Provider. */
    @Param({"scalar", "vector"})
    public String kernels = "scalar";

    /** Encoding of keys and values. */
    @Param({"F32", "F16"})
    public TensorType type = TensorType.F16;

    /** Positions attended to. */
    @Param({"128", "8192"})
    public int context = 128;

    /** Workers. */
    @Param("1")
    public int threads = 1;

    private final Arena arena = Arena.ofShared();
    private final Floats query = Floats.allocate(arena, HEADS * HEAD_SIZE);
    private final Floats out = Floats.allocate(arena, HEADS * HEAD_SIZE);
    private Kernels chosen = KernelsSelector.select(Optional.of("scalar")).kernels();
    private Workers workers = new Workers(1);
    private KvMemory memory = new KvMemory(1, 0);
    private KvView view = new KvView(new KvShape(1, 1, 1, TensorType.F32), memory, new int[0], 1, 0, 0);

    /** Fills the cache. */
    @Setup
    public void setUp() {
        Random random = new Random(1);
        chosen = KernelsSelector.select(Optional.of(kernels)).kernels();
        workers = new Workers(threads);
        KvShape shape = new KvShape(KV_HEADS, HEAD_SIZE, BLOCK_SIZE, type);
        int blocks = (context + BLOCK_SIZE - 1) / BLOCK_SIZE;
        memory = new KvMemory(shape.layerBytes(), blocks);
        int[] ids = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            ids[i] = blocks - 1 - i;
            memory.ensure(i);
        }
        view = new KvView(shape, memory, ids, 1, 0, 0);
        fill(query, random);
        Floats stored = Floats.allocate(arena, KV_HEADS * HEAD_SIZE);
        for (int position = 0; position < context; position++) {
            fill(stored, random);
            chosen.storeKeyValue(view, position, stored, stored, 0);
        }
    }

    private static void fill(Floats floats, Random random) {
        for (long i = 0; i < floats.size(); i++) {
            floats.set(i, (float) random.nextGaussian());
        }
    }

    /** Ends the threads. */
    @TearDown
    public void tearDown() {
        workers.close();
        memory.close();
        arena.close();
    }

    /** All heads of one token, split by key/value heads. */
    @Benchmark
    public float attend(Work work) {
        workers.run(
                KV_HEADS,
                (from, to, _) ->
                        chosen.attend(out, query, view, 0, HEADS, 0, context - 1, from * GROUP_SIZE, to * GROUP_SIZE));
        long elements = 2L * context * KV_HEADS * HEAD_SIZE;
        work.add(type.bytes(elements), 2 * elements * GROUP_SIZE);
        return out.get(0);
    }
}
