package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.Logits;
import dev.herd.kernels.tornado.DecoderPlan.End;
import dev.herd.kernels.tornado.DecoderPlan.Fetch;
import java.util.Optional;
import java.util.function.Consumer;

/** A decoder as task graphs of one plan. Weights, activations, keys and values stay on the device. */
final class GraphDecoder implements LoadedDecoder {
    /** Tokens up to which steps are recorded at the start; larger ones are when there is one. */
    private static final int RECORDED = 32;

    /** A step up to its last layer. */
    private record Body(int begin, int tokens) {}

    private final Decoder decoder;
    private final KernelLibrary library;
    private final KernelTally others;
    private final Runnable whenClosed;
    private final HostMemory memory = new HostMemory();
    private final DecoderPlan graphs;
    final GraphPlan plan;
    private final StepLogits logits;

    /** @param whenClosed called once, when nothing of it is on the device any more */
    GraphDecoder(Decoder decoder, GraphDevice device, Consumer<String> log, Runnable whenClosed) {
        this.decoder = decoder;
        this.library = device.library();
        this.others = library.tally();
        this.whenClosed = whenClosed;
        try {
            graphs = new DecoderPlan(decoder, library, memory);
            plan = device.plan(graphs.graphs);
            logits = new StepLogits(graphs, plan, decoder.sizes().vocabularySize());
        } catch (RuntimeException | Error failure) {
            memory.close();
            whenClosed.run();
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
        Upload upload = new Upload("layers", count, log);
        for (int i = 0; i < count; i++) {
            LayerBuffers layer = graphs.layers.get(i);
            layer.pack(kernels);
            plan.run(graphs.few[i], 1);
            plan.run(graphs.many[i], 1);
            layer.release(memory);
            upload.add(layer.bytes());
        }
        graphs.output.pack(kernels);
        graphs.ends.reversed().forEach(end -> plan.run(end.graph(), 1));
        graphs.fetches.forEach(fetch -> plan.run(fetch.graph(), 1));
        memory.release(graphs.output.array());
        record();
        requireAnswer();
    }

    /**
     * Repeats a step of no tokens, and sees whether results come back, whatever they are: CUDA's driver may have refused
     * memory, a copy or a recording, which TornadoVM prints and passes over.
     */
    private void requireAnswer() {
        Body body = new Body(graphs.begin, 1);
        plan.repeat(body, () -> run(body));
        End end = graphs.ends.getFirst();
        plan.repeat(end, end.values(), () -> plan.run(end.graph(), 1));
        Fetch fetch = graphs.fetches.getFirst();
        plan.repeat(fetch, fetch.logits(), () -> plan.run(fetch.graph(), 1));
    }

    /** Has the device record what steps consist of that decode, up to {@link #RECORDED} sequences at once. */
    private void record() {
        plan.lock(graphs.copied());
        int most = GraphPlan.bucket(RECORDED, decoder.sizes().maxTokens());
        for (int tokens : GraphPlan.buckets(most)) {
            Body body = new Body(graphs.begin, tokens);
            plan.prepare(body, () -> run(body));
        }
        graphs.ends.forEach(end -> plan.prepare(end, () -> plan.run(end.graph(), 1)));
        graphs.fetches.forEach(fetch -> plan.prepare(fetch, () -> plan.run(fetch.graph(), 1)));
    }

    @Override
    public Logits run(DecoderStep step) {
        graphs.step.write(step);
        try {
            Body body = new Body(
                    step.images().isEmpty() ? graphs.begin : graphs.beginWithImages,
                    GraphPlan.bucket(step.tokens(), decoder.sizes().maxTokens()));
            plan.repeat(body, () -> run(body));
            logits.begin(step.logitTokens(), step.wishes());
            return logits;
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
    }

    private void run(Body body) {
        plan.run(body.begin(), body.tokens());
        for (int layer : graphs.layers(body.tokens())) {
            plan.run(layer, body.tokens());
        }
    }

    /** Those of other models are theirs; those of its own vision encoder, which is loaded next, are among them. */
    @Override
    public String kernels() {
        return library.summary(others);
    }

    /** Gives the device's memory back, and the host's side. */
    @Override
    public void close() {
        try {
            plan.close();
        } finally {
            memory.close();
            whenClosed.run();
        }
    }
}
