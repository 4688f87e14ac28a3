package dev.herd.kernels.tornado;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Decoder.Ffn;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.LoadedEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A device that runs task graphs. */
final class GraphDevice implements Device {
    private final Facts facts;
    private final long maxArrayBytes;
    private final KernelLibrary library;
    private final Optional<Recorder> recorder;
    private final Consumer<String> log;

    /** @param recorder what records steps, if the device does */
    GraphDevice(
            Facts facts, long maxArrayBytes, KernelLibrary library, Optional<Recorder> recorder, Consumer<String> log) {
        this.facts = facts;
        this.maxArrayBytes = Math.min(maxArrayBytes, 4L * Integer.MAX_VALUE);
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

    /** One array holds a matrix, or that of all experts of a layer. */
    @Override
    public Optional<String> refusal(Decoder decoder) {
        long largest =
                Scratch.cacheWords(decoder.cache().shape(), decoder.cache().blockCount());
        for (List<WeightMatrix> matrices : arrays(decoder)) {
            WeightMatrix first = matrices.getFirst();
            if (!matrices.stream().allMatch(other -> isLike(first, other))) {
                return Optional.of("the experts of a layer are encoded in different ways");
            }
            largest = Math.max(largest, DeviceMatrix.words(matrices));
        }
        return refusal(largest);
    }

    @Override
    public Optional<String> refusal(Encoder encoder) {
        long largest = TileBuffers.largest(encoder, library.capabilities());
        for (WeightMatrix matrix : matrices(encoder)) {
            largest = Math.max(largest, DeviceMatrix.words(List.of(matrix)));
        }
        return refusal(largest);
    }

    private Optional<String> refusal(long words) {
        return 4 * words <= maxArrayBytes
                ? Optional.empty()
                : Optional.of("it needs an array of " + 4 * words + " bytes, but " + facts.name() + " has arrays of "
                        + maxArrayBytes + " at most");
    }

    private static List<WeightMatrix> matrices(Encoder encoder) {
        List<WeightMatrix> matrices = new ArrayList<>(
                List.of(encoder.patchProj(), encoder.adapterIn(), encoder.adapterOut(), encoder.projector()));
        for (Encoder.Layer layer : encoder.layers()) {
            matrices.add(layer.queryProj().weight());
            matrices.add(layer.keyProj().weight());
            matrices.add(layer.valueProj().weight());
            matrices.add(layer.outputProj().weight());
            matrices.add(layer.ffnIn().weight());
            matrices.add(layer.ffnOut().weight());
        }
        return matrices;
    }

    private static boolean isLike(WeightMatrix first, WeightMatrix other) {
        return DeviceFormat.of(first) == DeviceFormat.of(other)
                && first.rows() == other.rows()
                && first.columns() == other.columns();
    }

    @Override
    public long bytes(WeightMatrix weights) {
        return DeviceFormat.of(weights).bytes(weights.rows(), weights.columns());
    }

    @Override
    public long kvBytes(KvShape shape, int layers, long blocks) {
        return Math.multiplyExact(4L * layers, Scratch.cacheWords(shape, blocks));
    }

    @Override
    public long bytes(Decoder decoder) {
        long bytes = 0;
        for (List<WeightMatrix> matrices : arrays(decoder)) {
            bytes = Math.addExact(bytes, 4 * DeviceMatrix.words(matrices));
        }
        bytes += DecoderPlan.logitBytes(library.capabilities(), decoder);
        try (HostMemory memory = new HostMemory()) {
            return bytes + new Scratch(decoder, TaskGraphs.FEW, library.capabilities(), memory).bytes();
        }
    }

    @Override
    public long bytes(Encoder encoder) {
        try (HostMemory memory = new HostMemory()) {
            return new EncoderPlan(encoder, library, memory).bytes();
        }
    }

    /** What each array of weights holds. */
    private static List<List<WeightMatrix>> arrays(Decoder decoder) {
        List<List<WeightMatrix>> arrays = new ArrayList<>();
        arrays.add(List.of(decoder.embedding()));
        arrays.add(List.of(decoder.output()));
        for (Decoder.Layer layer : decoder.layers()) {
            for (WeightMatrix matrix :
                    List.of(layer.queryProj(), layer.keyProj(), layer.valueProj(), layer.outputProj())) {
                arrays.add(List.of(matrix));
            }
            add(arrays, List.of(layer.ffn()));
            Decoder.Experts experts = layer.experts();
            if (experts != null) {
                arrays.add(List.of(experts.router()));
                add(arrays, experts.ffns());
            }
        }
        return arrays;
    }

    private static void add(List<List<WeightMatrix>> arrays, List<Ffn> ffns) {
        arrays.add(ffns.stream().map(Ffn::gateProj).toList());
        arrays.add(ffns.stream().map(Ffn::upProj).toList());
        arrays.add(ffns.stream().map(Ffn::downProj).toList());
    }

    @Override
    public LoadedDecoder load(Decoder decoder) {
        return loaded("decoder", () -> new GraphDecoder(decoder, library, recorder, log));
    }

    @Override
    public LoadedEncoder load(Encoder encoder) {
        return loaded("vision encoder", () -> new GraphEncoder(encoder, library, recorder));
    }

    private static <T> T loaded(String what, Supplier<T> load) {
        try {
            return load.get();
        } catch (IllegalStateException failure) {
            throw failure;
        } catch (RuntimeException | Error failure) { // TornadoVM throws errors of its own
            throw new IllegalStateException(
                    "the device does not take the " + what + ": " + failure.getMessage(), failure);
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
