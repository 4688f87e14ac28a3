package dev.herd.kernels.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The task graphs of a decoder, or of an encoder, before they become a plan. */
final class TaskGraphs {
    /*
     * TornadoVM keeps compiled code by names of graph and task. So graphs that have kernels in common share a name, and tasks
     * are named after their kernel (and its how-manieth in the graph): what the first layer had built is all layers'. A
     * driver takes tens of milliseconds to build a source that it knows, which is most of a start from the cache.
     *
     * What stays on the device is handed from graph to graph in the order in which they run: TornadoVM takes an array over
     * from the graph that ran before, if the taker has said so under that one's name (consumeFromDevice), and only then. So
     * every graph takes all shared arrays from all that may precede it, and leaves them there (persistOnDevice). Weights
     * are brought by the graph for few tokens that needs them, and handed on to the one for many tokens once, when that first
     * runs, right behind it.
     */

    /** Tokens up to which a step takes the kernels for few: as many as those of rounded inputs compute at once. */
    static final int FEW = RoundedRows.TOKENS;

    private final KernelLibrary library;
    private final List<Draft> drafts = new ArrayList<>();
    private final Map<String, Integer> kernels = new HashMap<>(); // numbers by key

    TaskGraphs(KernelLibrary library) {
        this.library = library;
    }

    /** Names of a graph's tasks: the same for the same kernel, whatever comes before it. */
    private List<String> ids(Draft draft) {
        Map<String, Integer> seen = new HashMap<>();
        return draft.calls.stream()
                .map(call -> {
                    int kernel = kernels.computeIfAbsent(call.key(), key -> kernels.size());
                    return "k" + kernel + "n" + seen.merge(call.key(), 1, Integer::sum);
                })
                .toList();
    }

    /** Adds a graph and returns its index. */
    int add(Draft draft) {
        drafts.add(draft);
        return drafts.size() - 1;
    }

    /**
     * Adds a graph for each of the kernels, which gives those of {@code arrays} that it takes their place on the device. They
     * are to run one after the other; what follows takes the arrays from the last.
     *
     * @param step what all of them take
     * @return indexes
     */
    int[] addReservation(String name, List<KernelCall> kernels, Object step, List<Object> arrays) {
        List<Object> handed = new ArrayList<>();
        int[] indexes = new int[kernels.size()];
        for (int k = 0; k < indexes.length; k++) {
            KernelCall kernel = kernels.get(k);
            List<Object> own = arrays.stream()
                    .filter(array -> holds(kernel.arguments(), array))
                    .toList();
            Draft draft = new Draft(name, List.of(kernel)).brings(List.of(step)).reserves(own);
            if (k > 0) {
                draft.takes(List.of(name), handed);
            }
            handed.addAll(own);
            indexes[k] = add(draft.keeps(handed));
        }
        return indexes;
    }

    /** All graphs, their kernels compiled. */
    ImmutableTaskGraph[] build() {
        library.prepare(drafts.stream().flatMap(draft -> draft.calls.stream()).toList());
        ImmutableTaskGraph[] graphs = new ImmutableTaskGraph[drafts.size()];
        for (int i = 0; i < graphs.length; i++) {
            graphs[i] = build(drafts.get(i));
        }
        return graphs;
    }

    /** Gives the tasks of a plan of {@link #build}'s graphs their kernels. Tasks of one name are one. */
    void install(long plan) {
        Map<String, KernelCall> tasks = new LinkedHashMap<>();
        for (Draft draft : drafts) {
            List<String> ids = ids(draft);
            for (int i = 0; i < ids.size(); i++) {
                tasks.put(draft.name + "." + ids.get(i), draft.calls.get(i));
            }
        }
        library.install(plan, tasks);
    }

    /** TornadoVM tells the arrays of a graph apart by their hashes, which rarely, but now and then, are the same. */
    private static void requireDistinctHashes(Draft draft) {
        Map<Integer, Object> seen = new HashMap<>();
        Stream.concat(
                        Stream.of(draft.once, draft.always, draft.reserved, draft.kept, draft.results)
                                .flatMap(List::stream),
                        Stream.concat(
                                draft.taken.values().stream().flatMap(List::stream),
                                draft.calls.stream()
                                        .flatMap(call -> call.arguments().stream())
                                        .filter(TornadoNativeArray.class::isInstance)))
                .forEach(array -> {
                    Object other = seen.putIfAbsent(array.hashCode(), array);
                    if (other != null && !holds(List.of(other), array)) {
                        throw new IllegalStateException("two arrays of graph " + draft.name
                                + " have the same hash by chance, by which TornadoVM would confuse them; start again");
                    }
                });
    }

    private ImmutableTaskGraph build(Draft draft) {
        requireDistinctHashes(draft);
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
        List<String> ids = ids(draft);
        for (int i = 0; i < ids.size(); i++) {
            library.add(graph, ids.get(i), draft.calls.get(i));
        }
        if (!draft.kept.isEmpty()) {
            graph.persistOnDevice(draft.kept.toArray());
        }
        if (!draft.results.isEmpty()) {
            graph.transferToHost(DataTransferMode.EVERY_EXECUTION, draft.results.toArray());
        }
        return graph.snapshot();
    }

    /** Bytes of the device's memory that graphs take: of each array wherever a graph has it brought and does not take it over. */
    long bytes(ArraySizes sizes) {
        long bytes = 0;
        for (Draft draft : drafts) {
            List<Object> taken =
                    draft.taken.values().stream().flatMap(List::stream).toList();
            bytes += Stream.of(draft.once, draft.always, draft.reserved)
                    .flatMap(List::stream)
                    .filter(array -> !holds(taken, array))
                    .mapToLong(sizes::onDevice)
                    .sum();
        }
        return bytes;
    }

    /** Kernels of a graph. */
    int kernels(int graph) {
        return drafts.get(graph).calls.size();
    }

    /**
     * The grids of a graph for steps of up to {@code tokens} tokens. TornadoVM goes through all of a scheduler's names whenever a
     * graph runs, so those of other graphs are not among them.
     */
    GridScheduler grids(int graph, int tokens) {
        GridScheduler grids = new GridScheduler();
        Draft draft = drafts.get(graph);
        List<String> ids = ids(draft);
        for (int i = 0; i < ids.size(); i++) {
            grids.addWorkerGrid(
                    draft.name + "." + ids.get(i), draft.calls.get(i).grid().apply(tokens));
        }
        return grids;
    }

    /** Whether this very array is among them; arrays of equal contents are not the same. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean holds(List<Object> arrays, Object array) {
        return arrays.stream().anyMatch(other -> other == array);
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
            for (String graph : from) {
                List<Object> all = taken.computeIfAbsent(graph, key -> new ArrayList<>());
                for (Object array : arrays) {
                    if (!holds(all, array)) {
                        all.add(array);
                    }
                }
            }
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
