package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.TaskGraphs.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** All buffers of a decoder and the graphs over them: which graph may follow which, and what it takes from there. */
@SuppressWarnings("ReferenceEquality") // arrays on the device are the same or they are not; nobody compares contents
final class DecoderPlan {
    /** Rows of logits that one run of a last graph computes, at most. */
    private static final int LOGIT_WINDOW = 32;

    private static final String RESERVE = "reserve";
    private static final String BEGIN = "begin";
    private static final String FEW = "few";
    private static final String MANY = "many";
    private static final String END = "end";

    final StepBuffers step;
    final Scratch scratch;
    final List<LayerBuffers> layers;
    final DeviceMatrix embedding;
    final DeviceMatrix output;
    final TaskGraphs graphs;
    final int[] reservation; // [arrays]
    final int begin;
    final int beginWithImages; // the same in a model that sees none
    final int[] few; // [layers]
    final int[] many; // [layers]
    final List<End> ends = new ArrayList<>(); // with ever more rows
    final List<Fetch> fetches = new ArrayList<>(); // with ever more rows

    private final DecoderCalls calls;
    private final int maxTokens;

    /**
     * A last graph, which leaves logits on the device and yields what is wished for of them.
     *
     * @param rows of logits, at most
     * @param values {@code [rows, most + 2]}, as {@link Sampling} says
     * @param ids {@code [rows, most]}
     */
    record End(int graph, int rows, FloatArray values, IntArray ids) {}

    /**
     * A graph that brings rows of logits to the host; it runs behind a last one.
     *
     * @param rows that it yields, at most: their number decides how much is copied
     * @param logits {@code [rows, vocabularySize]}
     */
    record Fetch(int graph, int rows, FloatArray logits) {}

    DecoderPlan(Decoder decoder, KernelLibrary library, ArraySource memory) {
        this.graphs = new TaskGraphs(library);
        maxTokens = decoder.sizes().maxTokens();
        step = new StepBuffers(decoder, LOGIT_WINDOW, library.capabilities(), memory);
        scratch = new Scratch(decoder, TaskGraphs.FEW, library.capabilities(), memory);
        layers = decoder.layers().stream()
                .map(layer -> new LayerBuffers(layer, memory))
                .toList();
        embedding = DeviceMatrix.of(decoder.embedding(), memory);
        output = DeviceMatrix.of(decoder.output(), memory);
        calls = new DecoderCalls(decoder, step, scratch, library.capabilities());
        few = new int[layers.size()];
        many = new int[layers.size()];

        reservation = graphs.addReservation(RESERVE, calls.reservation(), step.step, scratch.arrays());
        begin = graphs.add(new Draft(BEGIN, calls.begin(embedding, step.noImages))
                .takes(List.of(RESERVE, FEW, MANY, END), scratch.arrays())
                .bringsOnce(List.of(embedding.array(), step.noImages))
                .brings(step.arrays())
                .keeps(with(shared(), embedding.array(), step.noImages)));
        beginWithImages = decoder.sizes().seesImages() ? addBeginWithImages() : begin;
        for (int i = 0; i < layers.size(); i++) {
            addLayer(i);
        }
        addEnds(
                decoder,
                library,
                memory,
                GraphPlan.bucket(LOGIT_WINDOW, decoder.sizes().maxTokens()));
    }

    private int addBeginWithImages() {
        return graphs.add(new Draft(BEGIN, calls.begin(embedding, step.images))
                .takes(List.of(FEW, MANY, END), scratch.arrays())
                .takes(List.of(BEGIN), with(scratch.arrays(), embedding.array()))
                .brings(with(step.arrays(), step.images))
                .keeps(with(shared(), embedding.array(), step.images)));
    }

    /**
     * One for each bucket of rows. The one for the most runs first: it uses all that they share, so it brings the weights and
     * gives the rest its place.
     */
    private void addEnds(Decoder decoder, KernelLibrary library, ArraySource memory, int most) {
        FloatArray norm = memory.copy(decoder.outputNorm());
        FloatArray hidden = memory.floats((long) most * decoder.sizes().hiddenSize());
        FloatArray normed = memory.floats((long) most * decoder.sizes().hiddenSize());
        List<Object> weights = List.of(norm, hidden, normed, output.array());
        Optional<HalfBuffers> halves = halves(library.capabilities(), decoder, memory, normed, most);
        ProductCalls products = new ProductCalls(step.logitStep, halves.orElse(null));
        LogitBuffers buffers = new LogitBuffers(output.rows(), most, memory);
        LogitCalls logitCalls = new LogitCalls(
                decoder.sizes(), step, scratch, output, norm, hidden, normed, buffers, products, calls.rounded);
        List<Object> reserved = buffers.arrays();
        halves.ifPresent(more -> reserved.addAll(more.arrays()));
        List<Object> all = with(with(shared(), weights.toArray()), reserved.toArray());
        for (int rows : GraphPlan.buckets(most).reversed()) {
            FloatArray values = LogitBuffers.values(rows, memory);
            IntArray ids = LogitBuffers.ids(rows, memory);
            Draft draft = new Draft(END, logitCalls.of(values, ids, rows))
                    .takes(List.of(FEW, MANY), shared())
                    .brings(List.of(step.logitStep, step.logitPlaces, step.temperatures))
                    .reserves(List.of(values, ids))
                    .yields(List.of(values, ids))
                    .keeps(all);
            if (rows == most) {
                draft.bringsOnce(weights).reserves(reserved).takes(List.of(END), shared());
            } else {
                draft.takes(List.of(END), all);
            }
            ends.addFirst(new End(graphs.add(draft), rows, values, ids));
        }
        for (int rows : GraphPlan.buckets(most)) {
            FloatArray copies = memory.floats((long) rows * output.rows());
            Draft draft = new Draft(END, List.of(logitCalls.fetch(copies, rows)))
                    .takes(List.of(END), all)
                    .brings(List.of(step.logitStep, step.logitPlaces))
                    .reserves(List.of(copies))
                    .yields(List.of(copies))
                    .keeps(all);
            fetches.add(new Fetch(graphs.add(draft), rows, copies));
        }
    }

    /** What products of many rows with the output matrix need on matrix units. */
    private static Optional<HalfBuffers> halves(
            Capabilities capabilities, Decoder decoder, ArraySource memory, FloatArray normed, int most) {
        if (!capabilities.hasMma()
                || most <= TaskGraphs.FEW
                || !ProductCalls.isForHalves(
                        DeviceFormat.of(decoder.output()), decoder.output().columns())) {
            return Optional.empty();
        }
        long words = (long) most * HalfInputs.rowWords(decoder.sizes().hiddenSize());
        return Optional.of(
                new HalfBuffers(memory, MmaMatMul.products(decoder.sizes().vocabularySize(), most))
                        .with(most, words, List.of(normed)));
    }

    /**
     * Kernels of all recordings: a body of each bucket of tokens, with and without pictures, the ends, and the fetches of one
     * kernel.
     */
    long recorded() {
        long kernels = fetches.size();
        for (End end : ends) {
            kernels += graphs.kernels(end.graph());
        }
        int[] begins = beginWithImages == begin ? new int[] {begin} : new int[] {begin, beginWithImages};
        for (int tokens : GraphPlan.buckets(maxTokens)) {
            for (int first : begins) {
                kernels += graphs.kernels(first);
                for (int layer : layers(tokens)) {
                    kernels += graphs.kernels(layer);
                }
            }
        }
        return kernels;
    }

    /** The graphs of all layers for a bucket of tokens. */
    int[] layers(int tokens) {
        return tokens <= TaskGraphs.FEW ? few : many;
    }

    /** The last graph for so many rows, or the one for the most. */
    End end(int rows) {
        return ends.stream().filter(end -> end.rows() >= rows).findFirst().orElse(ends.getLast());
    }

    /** What brings so many rows to the host, those of a window at most. */
    Fetch fetch(int rows) {
        return fetches.stream()
                .filter(fetch -> fetch.rows() >= rows)
                .findFirst()
                .orElseThrow();
    }

    /** Arrays of the host's that are copied to the device, or from there, with every step. */
    List<TornadoNativeArray> copied() {
        List<TornadoNativeArray> arrays = new ArrayList<>(step.sent());
        ends.forEach(end -> arrays.addAll(List.of(end.values(), end.ids())));
        fetches.forEach(fetch -> arrays.add(fetch.logits()));
        return arrays;
    }

    /** What every graph of a step hands on to the next. */
    private List<Object> shared() {
        return with(scratch.arrays(), step.arrays().toArray());
    }

    private static List<Object> with(List<Object> arrays, Object... more) {
        List<Object> all = new ArrayList<>(arrays);
        all.addAll(List.of(more));
        return all;
    }

    private void addLayer(int index) {
        LayerBuffers layer = layers.get(index);
        List<Object> all = with(shared(), layer.arrays().toArray());
        few[index] = graphs.add(new Draft(FEW, calls.few(layer))
                .takes(List.of(BEGIN, FEW, MANY), shared())
                .bringsOnce(layer.arrays())
                .keeps(all));
        many[index] = graphs.add(new Draft(MANY, calls.many(layer))
                .takes(List.of(BEGIN, MANY), shared())
                .takes(List.of(FEW), all)
                .keeps(all));
    }
}
