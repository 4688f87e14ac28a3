package dev.herd.kernels.tornado;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Decoder.Ffn;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.LoadedEncoder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** A device that runs task graphs. */
final class GraphDevice implements Device {
    private final Facts facts;
    private final long maxArrayBytes;
    private final KernelLibrary library;
    private final Optional<Recorder> recorder;
    private final Consumer<String> log;
    private final Lock turn = new ReentrantLock(true);
    private final AtomicLong taken = new AtomicLong(); // bytes
    private volatile @Nullable Needs last;

    /**
     * A device.
     *
     * @param maxArrayBytes of the largest array that it has, header and all
     * @param recorder what records steps, if the device does
     */
    GraphDevice(
            Facts facts, long maxArrayBytes, KernelLibrary library, Optional<Recorder> recorder, Consumer<String> log) {
        this.facts = facts;
        this.maxArrayBytes = Math.min(maxArrayBytes, TornadoNativeArray.ARRAY_HEADER + 4L * Integer.MAX_VALUE);
        this.library = library;
        this.recorder = recorder;
        this.log = log;
    }

    @Override
    public Facts facts() {
        return facts;
    }

    /** How kernels come onto it. */
    KernelLibrary library() {
        return library;
    }

    /** What records steps on it, if it does. */
    Optional<Recorder> recorder() {
        return recorder;
    }

    /** Makes a plan of graphs, which takes turns with the device's other plans. */
    GraphPlan plan(TaskGraphs graphs) {
        return new GraphPlan(graphs, recorder, turn);
    }

    @Override
    public long freeBytes() {
        return facts.memoryBytes() - taken.get();
    }

    /** One array holds a matrix, or that of all experts of a layer. */
    @Override
    public Optional<String> refusal(Decoder decoder) {
        for (Decoder.Layer layer : decoder.layers()) {
            Decoder.Experts experts = layer.experts();
            if (experts != null && !areAlike(experts.ffns())) {
                return Optional.of("the experts of a layer are encoded in different ways");
            }
        }
        return refusal(needs(decoder));
    }

    @Override
    public Optional<String> refusal(Encoder encoder) {
        return refusal(needs(encoder));
    }

    private Optional<String> refusal(Needs needs) {
        return needs.largestArray() <= maxArrayBytes
                ? Optional.empty()
                : Optional.of("it needs an array of " + needs.largestArray() + " bytes, but " + facts.name()
                        + " has arrays of " + maxArrayBytes + " at most");
    }

    private static boolean areAlike(List<Ffn> ffns) {
        Ffn first = ffns.getFirst();
        return ffns.stream()
                .allMatch(other -> isLike(first.gateProj(), other.gateProj())
                        && isLike(first.upProj(), other.upProj())
                        && isLike(first.downProj(), other.downProj()));
    }

    private static boolean isLike(WeightMatrix first, WeightMatrix other) {
        return DeviceFormat.of(first) == DeviceFormat.of(other)
                && first.rows() == other.rows()
                && first.columns() == other.columns();
    }

    @Override
    public long kvBytes(KvShape shape, int layers, long blocks) {
        return Math.multiplyExact(4L * layers, Scratch.cacheWords(shape, blocks));
    }

    @Override
    public long mostKvBlocks(KvShape shape) {
        return (maxArrayBytes - TornadoNativeArray.ARRAY_HEADER) / (4L * Scratch.cacheWords(shape, 1));
    }

    @Override
    public long bytes(Decoder decoder) {
        return needs(decoder).bytes();
    }

    @Override
    public long bytes(Encoder encoder) {
        return needs(encoder).bytes();
    }

    private Needs needs(Decoder decoder) {
        return needs(decoder, arrays -> {
            DecoderPlan plan = new DecoderPlan(decoder, library, arrays);
            return needs(decoder, arrays, plan.graphs, plan.recorded());
        });
    }

    private Needs needs(Encoder encoder) {
        return needs(encoder, arrays -> {
            EncoderPlan plan = new EncoderPlan(encoder, library, arrays);
            return needs(encoder, arrays, plan.graphs, plan.recorded());
        });
    }

    /** @param recorded kernels of all recordings of a plan */
    private Needs needs(Object model, ArraySizes arrays, TaskGraphs graphs, long recorded) {
        long perKernel = recorder.map(Recorder::bytesPerKernel).orElse(0L);
        long bytes = Math.addExact(graphs.bytes(arrays), Math.multiplyExact(perKernel, recorded));
        return new Needs(model, bytes, arrays.largest());
    }

    /** To describe a plan takes tens of milliseconds when the JVM has just started, and one model is asked about several times. */
    @SuppressWarnings("ReferenceEquality") // equal models would have to be compared layer by layer
    private Needs needs(Object model, Function<ArraySizes, Needs> describe) {
        Needs known = last;
        if (known == null || known.model() != model) {
            known = describe.apply(new ArraySizes());
            last = known;
        }
        return known;
    }

    /** What a model takes of the device. */
    private record Needs(Object model, long bytes, long largestArray) {}

    @Override
    public LoadedDecoder load(Decoder decoder) {
        long bytes = bytes(decoder);
        return loaded("decoder", bytes, () -> new GraphDecoder(decoder, this, log, () -> taken.addAndGet(-bytes)));
    }

    @Override
    public LoadedEncoder load(Encoder encoder) {
        long bytes = bytes(encoder);
        return loaded(
                "vision encoder", bytes, () -> new GraphEncoder(encoder, this, log, () -> taken.addAndGet(-bytes)));
    }

    /** What is loaded, and what frees its bytes once, is the loaded's; what is not loaded has given them back. */
    private <T> T loaded(String what, long bytes, Supplier<T> load) {
        if (taken.addAndGet(bytes) > facts.memoryBytes()) {
            long free = facts.memoryBytes() - taken.addAndGet(-bytes);
            throw new IllegalStateException("the " + what + " needs " + bytes + " bytes, but " + facts.name() + " has "
                    + free + " of its " + facts.memoryBytes() + " left");
        }
        try {
            return load.get();
        } catch (RuntimeException | Error failure) { // TornadoVM throws errors of its own
            throw new IllegalStateException(
                    "the device does not take the " + what + ", which needs " + bytes + " of its " + facts.memoryBytes()
                            + " bytes of memory: " + failure.getMessage(),
                    failure);
        }
    }

    /** Closes what could not be brought to the device; what goes wrong then is told with the failure. */
    static void closeAfter(Throwable failure, AutoCloseable loaded) {
        try {
            loaded.close();
        } catch (Exception another) {
            failure.addSuppressed(another);
        }
    }
}
