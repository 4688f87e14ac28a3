package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.DecoderGraphs.Draft;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** All buffers of a decoder and the graphs over them: which graph may follow which, and what it takes from there. */
@SuppressWarnings("ReferenceEquality") // arrays on the device are the same or they are not; nobody compares contents
final class DecoderPlan {
    /** Rows of logits that one run of the last graph yields, at most. */
    static final int LOGIT_WINDOW = 8;

    private static final String BEGIN = "begin";
    private static final String END_WITH_ROW = "endWithRow";
    private static final String END_WITH_WINDOW = "endWithWindow";

    /** Number of the last kernel of an end. */
    private static final int LAST = 2;

    final StepBuffers step;
    final Scratch scratch;
    final List<LayerBuffers> layers;
    final DeviceMatrix embedding;
    final DeviceMatrix output;
    final FloatArray logitRow; // [1, vocabularySize]
    final FloatArray logitWindow; // [LOGIT_WINDOW, vocabularySize]
    final DecoderGraphs graphs;
    final int[] reservation; // [arrays]
    final int begin;
    final int[][] few; // [layers][kernels]
    final int[][] many; // [layers][kernels]
    final int[] endWithRow; // [kernels]
    final int[] endWithWindow; // [kernels]

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
        few = new int[layers.size()][];
        many = new int[layers.size()][];

        List<KernelCall> reservations = calls.reservation();
        reservation = reserve(reservations);
        begin = graphs.add(new Draft(BEGIN, calls.begin(embedding, step.images))
                .takes(Set.of(name(reservations.getLast())), scratch.arrays())
                .takes(Set.of(END_WITH_ROW + LAST, END_WITH_WINDOW + LAST), scratch.arrays())
                .bringsOnce(List.of(embedding.array()))
                .brings(with(step.arrays(), step.images))
                .keeps(with(shared(), embedding.array(), step.images)));
        Set<String> ends = addLayers();
        FloatArray norm = LayerBuffers.copy(decoder.outputNorm());
        FloatArray rows =
                new FloatArray(Math.multiplyExact(LOGIT_WINDOW, decoder.sizes().hiddenSize()));
        FloatArray normed = new FloatArray(rows.getSize());
        List<Object> weights = List.of(norm, rows, normed, output.array());
        endWithRow = end(calls.end(output, norm, rows, normed, logitRow, 1), weights, logitRow, END_WITH_ROW, ends);
        endWithWindow = end(
                calls.end(output, norm, rows, normed, logitWindow, LOGIT_WINDOW),
                weights,
                logitWindow,
                END_WITH_WINDOW,
                ends);
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

    /** A graph for every array that gives it its place. */
    private int[] reserve(List<KernelCall> kernels) {
        List<Object> handed = new ArrayList<>();
        int[] indexes = new int[kernels.size()];
        for (int k = 0; k < indexes.length; k++) {
            KernelCall kernel = kernels.get(k);
            List<Object> own = arraysOf(kernel, scratch.arrays());
            Draft draft = new Draft(name(kernel), List.of(kernel))
                    .brings(List.of(step.step))
                    .reserves(own);
            if (k > 0) {
                draft.takes(Set.of(name(kernels.get(k - 1))), handed);
            }
            handed.addAll(own);
            indexes[k] = graphs.add(draft.keeps(handed));
        }
        return indexes;
    }

    /** Returns the names of what may end the last layer. */
    private Set<String> addLayers() {
        List<List<KernelCall>> fewCalls = layers.stream().map(calls::few).toList();
        List<List<KernelCall>> manyCalls = layers.stream().map(calls::many).toList();
        Set<String> fewEnds = lastNames(fewCalls);
        Set<String> manyEnds = lastNames(manyCalls);
        for (int i = 0; i < layers.size(); i++) {
            Chain chain = new Chain(shared());
            chain.startsAfter(Set.of(BEGIN), shared());
            chain.startsAfter(fewEnds, shared());
            chain.startsAfter(manyEnds, shared());
            few[i] = chain.add(fewCalls.get(i), layers.get(i).arrays());
            Chain other = new Chain(with(shared(), layers.get(i).arrays().toArray()));
            other.startsAfter(Set.of(BEGIN), shared());
            other.startsAfter(manyEnds, shared());
            other.startsAfter(
                    Set.of(name(fewCalls.get(i).getLast())),
                    with(shared(), layers.get(i).arrays().toArray()));
            many[i] = other.add(manyCalls.get(i), List.of());
        }
        Set<String> ends = new HashSet<>(fewEnds);
        ends.addAll(manyEnds);
        return ends;
    }

    private Set<String> lastNames(List<List<KernelCall>> all) {
        Set<String> names = new HashSet<>();
        all.forEach(kernels -> names.add(name(kernels.getLast())));
        return names;
    }

    private String name(KernelCall call) {
        return graphs.nameOf(call);
    }

    private int[] end(
            List<KernelCall> kernels, List<Object> weights, FloatArray logits, String family, Set<String> ends) {
        boolean isFirst = family.equals(END_WITH_ROW);
        List<Object> handed = isFirst ? shared() : with(shared(), weights.toArray());
        int[] indexes = new int[kernels.size()];
        for (int k = 0; k < indexes.length; k++) {
            Draft draft =
                    new Draft(family + k, List.of(kernels.get(k))).brings(arraysOf(kernels.get(k), stepOfLogits()));
            if (k > 0) {
                draft.takes(Set.of(family + (k - 1)), handed);
            } else {
                draft.takes(ends, shared());
                if (!isFirst) {
                    draft.takes(Set.of(END_WITH_WINDOW + LAST), shared());
                    draft.takes(Set.of(END_WITH_ROW + LAST), handed);
                }
            }
            if (isFirst) {
                List<Object> own = arraysOf(kernels.get(k), weights);
                own.removeIf(array -> DecoderGraphs.holds(handed, array));
                draft.bringsOnce(own);
                handed.addAll(own);
            }
            draft.keeps(handed);
            if (k == indexes.length - 1) {
                draft.reserves(List.of(logits)).yields(List.of(logits));
            }
            indexes[k] = graphs.add(draft);
        }
        return indexes;
    }

    private List<Object> stepOfLogits() {
        return List.of(step.logitStep, step.logitPlaces);
    }

    /** Those of {@code arrays} that a kernel takes. */
    private static List<Object> arraysOf(KernelCall call, List<Object> arrays) {
        List<Object> own = new ArrayList<>();
        for (Object array : arrays) {
            if (DecoderGraphs.holds(call.arguments(), array)) {
                own.add(array);
            }
        }
        return own;
    }

    /**
     * The kernels of a layer, a graph each: in TornadoVM 5.2.0 all tasks of a graph that are given as sources run the code of
     * the first. Each graph brings the weights that its kernel takes and hands on what came before.
     */
    private final class Chain {
        private final List<Object> handed;
        private final List<Set<String>> names = new ArrayList<>();
        private final List<List<Object>> arrays = new ArrayList<>();

        Chain(List<Object> handed) {
            this.handed = new ArrayList<>(handed);
        }

        void startsAfter(Set<String> graphNames, List<Object> taken) {
            names.add(graphNames);
            arrays.add(taken);
        }

        int[] add(List<KernelCall> kernels, List<Object> weights) {
            int[] indexes = new int[kernels.size()];
            for (int k = 0; k < indexes.length; k++) {
                Draft draft = new Draft(name(kernels.get(k)), List.of(kernels.get(k)));
                if (k == 0) {
                    for (int i = 0; i < names.size(); i++) {
                        draft.takes(names.get(i), arrays.get(i));
                    }
                } else {
                    draft.takes(Set.of(name(kernels.get(k - 1))), handed);
                }
                List<Object> own = arraysOf(kernels.get(k), weights);
                own.removeIf(array -> DecoderGraphs.holds(handed, array));
                handed.addAll(own);
                indexes[k] = graphs.add(draft.bringsOnce(own).keeps(handed));
            }
            return indexes;
        }
    }
}
