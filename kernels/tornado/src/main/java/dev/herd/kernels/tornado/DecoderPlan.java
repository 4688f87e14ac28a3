package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.TaskGraphs.Draft;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** All buffers of a decoder and the graphs over them: which graph may follow which, and what it takes from there. */
@SuppressWarnings("ReferenceEquality") // arrays on the device are the same or they are not; nobody compares contents
final class DecoderPlan {
    /** Rows of logits that one run of the last graph yields, at most. */
    static final int LOGIT_WINDOW = 8;

    private static final String RESERVE = "reserve";
    private static final String BEGIN = "begin";
    private static final String FEW = "few";
    private static final String MANY = "many";
    private static final String END_WITH_ROW = "endWithRow";
    private static final String END_WITH_WINDOW = "endWithWindow";

    final StepBuffers step;
    final Scratch scratch;
    final List<LayerBuffers> layers;
    final DeviceMatrix embedding;
    final DeviceMatrix output;
    final FloatArray logitRow; // [1, vocabularySize]
    final FloatArray logitWindow; // [LOGIT_WINDOW, vocabularySize]
    final TaskGraphs graphs;
    final int[] reservation; // [arrays]
    final int begin;
    final int[] few; // [layers]
    final int[] many; // [layers]
    final int endWithRow;
    final int endWithWindow;

    private final DecoderCalls calls;

    DecoderPlan(Decoder decoder, KernelLibrary library, HostMemory memory) {
        this.graphs = new TaskGraphs(library);
        step = new StepBuffers(decoder, LOGIT_WINDOW);
        scratch = new Scratch(decoder, TaskGraphs.FEW, memory);
        layers = decoder.layers().stream()
                .map(layer -> new LayerBuffers(layer, memory))
                .toList();
        embedding = DeviceMatrix.of(decoder.embedding(), memory);
        output = DeviceMatrix.of(decoder.output(), memory);
        logitRow = new FloatArray(output.rows());
        logitWindow = new FloatArray(Math.multiplyExact(LOGIT_WINDOW, output.rows()));
        calls = new DecoderCalls(decoder, step, scratch, library.capabilities());
        few = new int[layers.size()];
        many = new int[layers.size()];

        reservation = graphs.addReservation(RESERVE, calls.reservation(), step.step, scratch.arrays());
        begin = graphs.add(new Draft(BEGIN, calls.begin(embedding, step.images))
                .takes(List.of(RESERVE, END_WITH_ROW, END_WITH_WINDOW), scratch.arrays())
                .bringsOnce(List.of(embedding.array()))
                .brings(with(step.arrays(), step.images))
                .keeps(with(shared(), embedding.array(), step.images)));
        for (int i = 0; i < layers.size(); i++) {
            addLayer(i);
        }
        FloatArray norm = LayerBuffers.copy(decoder.outputNorm());
        FloatArray rows =
                new FloatArray(Math.multiplyExact(LOGIT_WINDOW, decoder.sizes().hiddenSize()));
        FloatArray normed = new FloatArray(rows.getSize());
        List<Object> weights = List.of(norm, rows, normed, output.array());
        endWithRow = graphs.add(end(END_WITH_ROW, calls.end(output, norm, rows, normed, logitRow, 1), logitRow)
                .bringsOnce(weights)
                .keeps(with(shared(), weights.toArray())));
        endWithWindow = graphs.add(
                end(END_WITH_WINDOW, calls.end(output, norm, rows, normed, logitWindow, LOGIT_WINDOW), logitWindow)
                        .takes(List.of(END_WITH_ROW), with(shared(), weights.toArray()))
                        .keeps(with(shared(), weights.toArray())));
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

    /** What both ends have in common. */
    private Draft end(String name, List<KernelCall> kernels, FloatArray logits) {
        return new Draft(name, kernels)
                .takes(List.of(FEW, MANY, END_WITH_WINDOW), shared())
                .brings(List.of(step.logitStep, step.logitPlaces))
                .reserves(List.of(logits))
                .yields(List.of(logits));
    }
}
