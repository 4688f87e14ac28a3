package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.DecoderGraphs.Draft;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** All buffers of a decoder and the graphs over them: which graph may follow which, and what it takes from there. */
final class DecoderPlan {
    /** Rows of logits that one run of the last graph yields, at most. */
    static final int LOGIT_WINDOW = 8;

    private static final String RESERVATION = "reservation";
    private static final String BEGIN = "begin";
    private static final String BEGIN_WITH_IMAGES = "beginWithImages";
    private static final String END_WITH_ROW = "endWithRow";
    private static final String END_WITH_WINDOW = "endWithWindow";
    private static final Set<String> BEGINS = Set.of(BEGIN, BEGIN_WITH_IMAGES);
    private static final Set<String> ENDS = Set.of(END_WITH_ROW, END_WITH_WINDOW);

    final StepBuffers step;
    final Scratch scratch;
    final List<LayerBuffers> layers;
    final DeviceMatrix embedding;
    final DeviceMatrix output;
    final FloatArray logitRow; // [1, vocabularySize]
    final FloatArray logitWindow; // [LOGIT_WINDOW, vocabularySize]
    final DecoderGraphs graphs;
    final int reservation;
    final int begin;
    final int beginWithImages;
    final int[] few; // [layers]
    final int[] many; // [layers]
    final int endWithRow;
    final int endWithWindow;

    private final DecoderCalls calls;

    DecoderPlan(Decoder decoder, KernelLibrary library, HostMemory memory) {
        this.graphs = new DecoderGraphs(library);
        step = new StepBuffers(decoder, LOGIT_WINDOW);
        scratch = new Scratch(decoder, DecoderGraphs.FEW, memory);
        layers = decoder.layers().stream()
                .map(layer -> new LayerBuffers(layer, memory))
                .toList();
        embedding = DeviceMatrix.of(decoder.embedding(), memory);
        output = DeviceMatrix.of(decoder.output(), memory);
        logitRow = new FloatArray(output.rows());
        logitWindow = new FloatArray(Math.multiplyExact(LOGIT_WINDOW, output.rows()));
        calls = new DecoderCalls(decoder, step, scratch);
        few = new int[layers.size()];
        many = new int[layers.size()];

        reservation = graphs.add(new Draft(RESERVATION, calls.reservation())
                .brings(List.of(step.step))
                .reserves(scratch.arrays())
                .keeps(scratch.arrays()));
        begin = graphs.add(begin(BEGIN, new FloatArray(decoder.sizes().hiddenSize()))
                .takes(Set.of(RESERVATION), scratch.arrays())
                .bringsOnce(List.of(embedding.array())));
        beginWithImages = graphs.add(
                begin(BEGIN_WITH_IMAGES, step.images).takes(Set.of(BEGIN), with(scratch.arrays(), embedding.array())));
        addLayers();
        FloatArray norm = LayerBuffers.copy(decoder.outputNorm());
        FloatArray rows =
                new FloatArray(Math.multiplyExact(LOGIT_WINDOW, decoder.sizes().hiddenSize()));
        List<Object> weights = List.of(norm, rows, output.array());
        endWithRow = graphs.add(
                end(END_WITH_ROW, norm, rows, logitRow, 1).bringsOnce(weights).keeps(weights));
        endWithWindow = graphs.add(end(END_WITH_WINDOW, norm, rows, logitWindow, LOGIT_WINDOW)
                .takes(Set.of(END_WITH_WINDOW), shared())
                .takes(Set.of(END_WITH_ROW), with(shared(), weights.toArray())));
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

    private Draft begin(String name, FloatArray images) {
        return new Draft(name, calls.begin(embedding, images))
                .takes(ENDS, scratch.arrays())
                .brings(with(step.arrays(), images))
                .keeps(with(shared(), embedding.array()));
    }

    private void addLayers() {
        List<List<KernelCall>> fewCalls = layers.stream().map(calls::few).toList();
        List<List<KernelCall>> manyCalls = layers.stream().map(calls::many).toList();
        Set<String> names = new HashSet<>(BEGINS);
        fewCalls.forEach(kernels -> names.add(graphs.layerName("few", kernels)));
        manyCalls.forEach(kernels -> names.add(graphs.layerName("many", kernels)));
        for (int i = 0; i < layers.size(); i++) {
            List<Object> weights = layers.get(i).arrays();
            String fewName = graphs.layerName("few", fewCalls.get(i));
            String manyName = graphs.layerName("many", manyCalls.get(i));
            few[i] = graphs.add(new Draft(fewName, fewCalls.get(i))
                    .takes(names, shared())
                    .bringsOnce(weights)
                    .keeps(with(shared(), weights.toArray())));
            Set<String> others = new HashSet<>(names);
            others.remove(fewName);
            many[i] = graphs.add(new Draft(manyName, manyCalls.get(i))
                    .takes(others, shared())
                    .takes(Set.of(fewName), with(shared(), weights.toArray()))
                    .keeps(shared()));
        }
    }

    private Draft end(String name, FloatArray norm, FloatArray rows, FloatArray logits, int count) {
        Set<String> layerNames = new HashSet<>(graphs.names("few"));
        layerNames.addAll(graphs.names("many"));
        return new Draft(name, calls.end(output, norm, rows, logits, count))
                .takes(layerNames, shared())
                .brings(List.of(step.logitStep, step.logitPlaces))
                .reserves(List.of(logits))
                .keeps(shared())
                .yields(List.of(logits));
    }
}
