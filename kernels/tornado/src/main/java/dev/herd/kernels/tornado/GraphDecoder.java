package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.tornado.DecoderPlan.End;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** A decoder as task graphs of one plan. Weights, activations, keys and values stay on the device. */
final class GraphDecoder implements LoadedDecoder {
    private static final int REPORTS = 4;

    /** Tokens up to which steps are recorded at the start; larger ones are when there is one. */
    private static final int RECORDED = 32;

    /** A step up to its last layer. */
    private record Body(int begin, int tokens) {}

    private final Decoder decoder;
    private final KernelLibrary library;
    private final HostMemory memory = new HostMemory();
    private final DecoderPlan graphs;
    private final GraphPlan plan;
    private Floats logits = Floats.copyOf();

    GraphDecoder(Decoder decoder, KernelLibrary library, Optional<Recorder> recorder, Consumer<String> log) {
        this.decoder = decoder;
        this.library = library;
        try {
            graphs = new DecoderPlan(decoder, library, memory);
            plan = new GraphPlan(graphs.graphs, recorder);
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
        try {
            start(log);
        } catch (RuntimeException | Error failure) {
            GraphDevice.closeAfter(failure, this);
            throw failure;
        }
    }

    /**
     * Runs every graph once over no tokens, in an order in which each finds what it takes over: that brings the weights to
     * the device, layer after layer, and has the driver compile what is left.
     */
    private void start(Consumer<String> log) {
        long start = System.nanoTime();
        long bytes = 0;
        Kernels kernels = KernelsSelector.select(Optional.empty()).kernels();
        graphs.step.writeNothing();
        graphs.embedding.pack(kernels);
        for (int graph : graphs.reservation) {
            plan.run(graph, 1);
        }
        plan.run(graphs.begin, 1);
        if (graphs.beginWithImages != graphs.begin) {
            plan.run(graphs.beginWithImages, 1);
        }
        memory.release(graphs.embedding.array());
        int count = graphs.layers.size();
        for (int i = 0; i < count; i++) {
            LayerBuffers layer = graphs.layers.get(i);
            layer.pack(kernels);
            plan.run(graphs.few[i], 1);
            plan.run(graphs.many[i], 1);
            layer.release(memory);
            bytes += layer.bytes();
            if ((i + 1) * REPORTS / count > i * REPORTS / count && bytes >= 1L << 30) {
                log.accept(progress(i + 1, count, bytes, System.nanoTime() - start));
            }
        }
        graphs.output.pack(kernels);
        graphs.ends.forEach(end -> plan.run(end.graph(), 1));
        memory.release(graphs.output.array());
        record();
    }

    /** Has the device record what steps consist of that decode, up to {@link #RECORDED} sequences at once. */
    private void record() {
        plan.lock(graphs.copied());
        int most = GraphPlan.bucket(RECORDED, decoder.sizes().maxTokens());
        for (int tokens = 1; ; tokens = GraphPlan.bucket(tokens + 1, most)) {
            Body body = new Body(graphs.begin, tokens);
            plan.prepare(body, () -> run(body));
            if (tokens == most) {
                break;
            }
        }
        graphs.ends.forEach(end -> plan.prepare(end, () -> plan.run(end.graph(), 1)));
    }

    private static String progress(int layers, int of, long bytes, long nanos) {
        return String.format(
                Locale.ROOT,
                "%d of %d layers on the device, %.1f GB/s",
                layers,
                of,
                bytes / (double) Math.max(1, nanos));
    }

    @Override
    public Floats run(DecoderStep step) {
        graphs.step.write(step);
        try {
            Body body = new Body(
                    step.images().isEmpty() ? graphs.begin : graphs.beginWithImages,
                    GraphPlan.bucket(step.tokens(), decoder.sizes().maxTokens()));
            plan.repeat(body, () -> run(body));
            return logits(step.logitTokens());
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
    }

    private void run(Body body) {
        plan.run(body.begin(), body.tokens());
        for (int layer : body.tokens() <= TaskGraphs.FEW ? graphs.few : graphs.many) {
            plan.run(layer, body.tokens());
        }
    }

    /** What one graph yields is not copied once more; what takes several is. */
    private Floats logits(int[] tokens) {
        End end = graphs.end(tokens.length);
        if (tokens.length <= end.rows()) {
            if (tokens.length > 0) {
                window(end, tokens, 0, tokens.length);
            }
            return Floats.over(end.logits().getSegment());
        }
        long rowBytes = (long) Float.BYTES * decoder.sizes().vocabularySize();
        reserveLogits(tokens.length);
        for (int from = 0; from < tokens.length; from += end.rows()) {
            int count = Math.min(tokens.length - from, end.rows());
            window(end, tokens, from, count);
            MemorySegment.copy(end.logits().getSegment(), 0, logits.segment(), from * rowBytes, count * rowBytes);
        }
        return logits;
    }

    private void window(End end, int[] tokens, int from, int count) {
        graphs.step.writeLogitRows(tokens, from, count);
        Results.await(end.logits());
        plan.repeat(end, () -> plan.run(end.graph(), 1));
        Results.require(end.logits());
    }

    private void reserveLogits(int rows) {
        long needed = (long) rows * decoder.sizes().vocabularySize();
        if (logits.size() < needed) {
            logits = Floats.allocate(Arena.ofAuto(), needed);
        }
    }

    @Override
    public String kernels() {
        return library.summary();
    }

    /** Gives the device's memory back, and the host's side. */
    @Override
    public void close() {
        try {
            plan.close();
        } finally {
            memory.close();
        }
    }
}
