package dev.herd.kernels.tornado;

import dev.herd.kernels.tornado.Recorder.Recording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Task graphs that can be run, one at a time. Their kernels are compiled when it is made. Used by one thread; plans of one device
 * that several threads use take turns at whatever reaches the device: TornadoVM keeps state for it, and a recording ends if
 * another thread allocates or copies meanwhile.
 */
final class GraphPlan implements AutoCloseable {
    private final TaskGraphs graphs;
    private final Optional<Recorder> recorder;
    private final Lock turn;
    private final TornadoExecutionPlan plan;
    private final Map<Run, GridScheduler> grids = new HashMap<>();
    private final Map<Object, Recording> recordings = new HashMap<>();
    private final List<TornadoNativeArray> locked = new ArrayList<>();

    /** A graph with the grids of a {@link #bucket}. */
    private record Run(int graph, int bucket) {}

    /**
     * Compiles.
     *
     * @param recorder what records several runs as one, if the device does
     * @param turn the device's
     */
    GraphPlan(TaskGraphs graphs, Optional<Recorder> recorder, Lock turn) {
        this.graphs = graphs;
        this.recorder = recorder;
        this.turn = turn;
        turn.lock();
        try {
            this.plan = new TornadoExecutionPlan(graphs.build());
            try {
                graphs.install(plan.getId());
            } catch (RuntimeException | Error failure) {
                GraphDevice.closeAfter(failure, plan);
                throw failure;
            }
        } finally {
            turn.unlock();
        }
    }

    private void inTurn(Runnable work) {
        turn.lock();
        try {
            work.run();
        } finally {
            turn.unlock();
        }
    }

    /** Runs a graph with the grids of a {@link #bucket}. */
    void run(int graph, int bucket) {
        GridScheduler scheduler = grids.computeIfAbsent(new Run(graph, bucket), run -> graphs.grids(graph, bucket));
        inTurn(() -> recorder.ifPresentOrElse(
                device -> device.run(plan, graph, scheduler),
                () -> select(plan, graph, scheduler).execute()));
    }

    /** A graph and its grids, to be executed: of TornadoVM's links the one that does not print all grids each time. */
    static TornadoExecutionPlan select(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
        TornadoExecutionPlan chosen = plan.withGraph(graph);
        chosen.withGridScheduler(grids);
        return chosen;
    }

    /**
     * Runs graphs one after the other. Where the device can, they are recorded the first time and repeated from then on.
     *
     * @param key of which graphs and buckets {@code runs} depends on, and on nothing else
     */
    void repeat(Object key, Runnable runs) {
        inTurn(recorder.isEmpty() ? runs : () -> record(key, runs).repeat());
    }

    /**
     * The same for graphs that yield {@code results}.
     *
     * @throws IllegalStateException if nothing was copied to them
     */
    void repeat(Object key, FloatArray results, Runnable runs) {
        Results.await(results);
        repeat(key, runs);
        Results.require(results);
    }

    /** Has arrays that are copied from and to the host stay where they are, for recordings, until the plan is closed. */
    void lock(List<TornadoNativeArray> arrays) {
        for (TornadoNativeArray array : arrays) {
            recorder.ifPresent(device -> inTurn(() -> device.lock(array)));
            locked.add(array);
        }
    }

    /** Makes sure that {@link #repeat} has nothing to record, where the device records. All of the graphs must have run. */
    void prepare(Object key, Runnable runs) {
        if (recorder.isPresent()) {
            inTurn(() -> record(key, runs));
        }
    }

    private Recording record(Object key, Runnable runs) { // in turn
        Recording known = recordings.get(key);
        if (known == null) {
            known = recorder.orElseThrow().record(plan, runs);
            recordings.put(key, known);
        }
        return known;
    }

    /** Grids are made for powers of two, so that there are few of them, and for the largest batch. */
    static int bucket(int count, int largest) {
        int power = Integer.highestOneBit(Math.max(1, count));
        return Math.min(power < count ? 2 * power : power, largest);
    }

    /** All buckets of counts up to {@code largest}, which is the last. */
    static List<Integer> buckets(int largest) {
        List<Integer> all = new ArrayList<>();
        for (int count = 1; count < largest; count *= 2) {
            all.add(count);
        }
        all.add(largest);
        return all;
    }

    /** Bytes of the device's memory that its arrays take, on the emulator; TornadoVM counts those of one graph only. */
    long deviceBytes() {
        return plan.getCurrentDeviceMemoryUsage();
    }

    /** Gives the device's memory back. */
    @Override
    public void close() {
        List<AutoCloseable> all = new ArrayList<>(recordings.values());
        locked.forEach(array -> all.add(() -> recorder.ifPresent(device -> device.unlock(array))));
        all.add(plan);
        recordings.clear();
        locked.clear();
        inTurn(() -> closeAll(all));
    }

    /** Closes each, whatever becomes of the others: what stays open is memory of the device's. */
    private static void closeAll(List<AutoCloseable> all) {
        IllegalStateException failures = null;
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception failure) {
                if (failures == null) {
                    failures = new IllegalStateException(failure);
                } else {
                    failures.addSuppressed(failure);
                }
            }
        }
        if (failures != null) {
            throw failures;
        }
    }
}
