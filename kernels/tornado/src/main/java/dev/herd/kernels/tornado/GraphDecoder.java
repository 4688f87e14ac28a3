package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.LoadedDecoder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** A decoder as task graphs of one plan. Weights, activations, keys and values stay on the device. */
final class GraphDecoder implements LoadedDecoder {
    private static final int REPORTS = 4;

    private final Decoder decoder;
    private final KernelLibrary library;
    private final HostMemory memory = new HostMemory();
    private final DecoderPlan graphs;
    private final GraphPlan plan;
    private Floats logits = Floats.copyOf();

    GraphDecoder(Decoder decoder, KernelLibrary library, Consumer<String> log) {
        this.decoder = decoder;
        this.library = library;
        try {
            graphs = new DecoderPlan(decoder, library, memory);
            plan = new GraphPlan(graphs.graphs);
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
        plan.run(graphs.endWithRow, 1);
        plan.run(graphs.endWithWindow, 1);
        memory.release(graphs.output.array());
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
        int rows = step.logitTokens().length;
        reserveLogits(rows);
        graphs.step.write(step);
        try {
            compute(step, GraphPlan.bucket(step.tokens(), decoder.sizes().maxTokens()));
            for (int row = 0; row < rows; ) {
                row += window(step.logitTokens(), row);
            }
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
        return logits;
    }

    private void compute(DecoderStep step, int bucket) {
        plan.run(graphs.begin, bucket);
        for (int layer : step.tokens() <= TaskGraphs.FEW ? graphs.few : graphs.many) {
            plan.run(layer, bucket);
        }
    }

    /** Computes the logits of as many rows as go at once, and returns their number. */
    private int window(int[] tokens, int from) {
        int count = Math.min(tokens.length - from, DecoderPlan.LOGIT_WINDOW);
        graphs.step.writeLogitRows(tokens, from, count);
        FloatArray result = count == 1 ? graphs.logitRow : graphs.logitWindow;
        Results.await(result);
        plan.run(count == 1 ? graphs.endWithRow : graphs.endWithWindow, 1);
        Results.require(result);
        long rowBytes = (long) Float.BYTES * decoder.sizes().vocabularySize();
        MemorySegment.copy(result.getSegment(), 0, logits.segment(), from * rowBytes, count * rowBytes);
        return count;
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
