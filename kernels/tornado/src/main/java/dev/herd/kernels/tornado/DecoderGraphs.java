package dev.herd.kernels.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;

/**
 * The task graphs of a decoder, before they become a plan: one for what a step begins with, two per layer, for few and for
 * many tokens, and those that yield logits.
 */
final class DecoderGraphs {
    /*
     * Layers whose kernels are the same have graphs of the same name. TornadoVM keeps compiled code by names of graph and
     * task, so that the code of the first is that of all: 48 layers of Scout compile as one LOCAL and one GLOBAL layer.
     *
     * What stays on the device is handed from graph to graph in the order in which they run: TornadoVM takes an array over
     * from the graph that ran before, if the taker has said so under that one's name (consumeFromDevice), and only then. So
     * every graph takes all shared arrays from all that may precede it, and leaves them there (persistOnDevice). Weights
     * belong to the graph that brings them; the other graph of that layer takes them over once, when it first runs, right
     * behind it.
     */

    /** Tokens up to which a step takes the kernels for few. */
    static final int FEW = 8;

    private final KernelLibrary library;
    private final List<Draft> drafts = new ArrayList<>();
    private final Map<String, String> layerNames = new HashMap<>(); // by kernels

    DecoderGraphs(KernelLibrary library) {
        this.library = library;
    }

    /** A name for a graph of a layer with these kernels. */
    String layerName(String family, List<KernelCall> calls) {
        StringBuilder kernels = new StringBuilder(family);
        calls.forEach(call -> kernels.append('\n').append(call.key()));
        return layerNames.computeIfAbsent(kernels.toString(), key -> family + layerNames.size());
    }

    /** Adds a graph and returns its index. */
    int add(Draft draft) {
        drafts.add(draft);
        return drafts.size() - 1;
    }

    /** Names of all graphs so far that begin with {@code family}. */
    Set<String> names(String family) {
        Set<String> names = new LinkedHashSet<>();
        for (Draft draft : drafts) {
            if (draft.name.startsWith(family)) {
                names.add(draft.name);
            }
        }
        return names;
    }

    /** All graphs; their kernels must have been prepared. */
    ImmutableTaskGraph[] build() {
        ImmutableTaskGraph[] graphs = new ImmutableTaskGraph[drafts.size()];
        for (int i = 0; i < graphs.length; i++) {
            graphs[i] = build(drafts.get(i));
        }
        return graphs;
    }

    private ImmutableTaskGraph build(Draft draft) {
        TaskGraph graph = new TaskGraph(draft.name);
        draft.taken.forEach((from, arrays) -> graph.consumeFromDevice(from, arrays.toArray()));
        if (!draft.once.isEmpty()) {
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, draft.once.toArray());
        }
        if (!draft.always.isEmpty()) {
            graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, draft.always.toArray());
        }
        if (!draft.reserved.isEmpty()) {
            graph.transferToDevice(DataTransferMode.UNDER_DEMAND, draft.reserved.toArray());
        }
        for (int i = 0; i < draft.calls.size(); i++) {
            library.add(graph, id(i), draft.calls.get(i));
        }
        if (!draft.kept.isEmpty()) {
            graph.persistOnDevice(draft.kept.toArray());
        }
        if (!draft.results.isEmpty()) {
            graph.transferToHost(DataTransferMode.EVERY_EXECUTION, draft.results.toArray());
        }
        return graph.snapshot();
    }

    private static String id(int index) {
        return "t" + index;
    }

    /** All kernels of all graphs. */
    List<KernelCall> calls() {
        return drafts.stream().flatMap(draft -> draft.calls.stream()).toList();
    }

    /** The grids of all graphs for steps of up to {@code tokens} tokens. */
    GridScheduler grids(int tokens) {
        GridScheduler grids = new GridScheduler();
        Set<String> done = new LinkedHashSet<>();
        for (Draft draft : drafts) {
            if (done.add(draft.name)) {
                for (int i = 0; i < draft.calls.size(); i++) {
                    grids.addWorkerGrid(
                            draft.name + "." + id(i), draft.calls.get(i).grid().apply(tokens));
                }
            }
        }
        return grids;
    }

    /** A graph to be. */
    static final class Draft {
        private final String name;
        private final List<KernelCall> calls;
        private final Map<String, List<Object>> taken = new LinkedHashMap<>();
        private final List<Object> once = new ArrayList<>();
        private final List<Object> always = new ArrayList<>();
        private final List<Object> reserved = new ArrayList<>();
        private final List<Object> kept = new ArrayList<>();
        private final List<Object> results = new ArrayList<>();

        Draft(String name, List<KernelCall> calls) {
            this.name = name;
            this.calls = calls;
        }

        /** Takes over what the graphs of these names leave, whenever one of them ran before. */
        Draft takes(Iterable<String> from, List<Object> arrays) {
            from.forEach(graph ->
                    taken.computeIfAbsent(graph, key -> new ArrayList<>()).addAll(arrays));
            return this;
        }

        /** Brings arrays to the device when it first runs. */
        Draft bringsOnce(List<Object> arrays) {
            once.addAll(arrays);
            return this;
        }

        /** Brings arrays to the device whenever it runs. */
        Draft brings(List<Object> arrays) {
            always.addAll(arrays);
            return this;
        }

        /** Gives arrays memory on the device and copies nothing. */
        Draft reserves(List<Object> arrays) {
            reserved.addAll(arrays);
            return this;
        }

        /** Leaves arrays on the device. */
        Draft keeps(List<Object> arrays) {
            kept.addAll(arrays);
            return this;
        }

        /** Copies arrays to the host whenever it runs. */
        Draft yields(List<Object> arrays) {
            results.addAll(arrays);
            return this;
        }
    }
}
