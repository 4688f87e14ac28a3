package uk.ac.manchester.tornado.api;

import dev.herd.kernels.emulator.Launch;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.TaskGraph.Task;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Task graphs on a device: here each kernel is run by {@link Launch}. Used by one thread at a time. */
public final class TornadoExecutionPlan implements AutoCloseable {
    private final List<Loaded> graphs;
    private List<Loaded> chosen;
    private GridScheduler grids = new GridScheduler();
    private @Nullable Loaded last; // the graph that ran before

    public TornadoExecutionPlan(ImmutableTaskGraph... graphs) {
        this.graphs = Stream.of(graphs).map(Loaded::new).toList();
        this.chosen = this.graphs;
    }

    /** Its number among all plans, which nothing here asks for. */
    public long getId() {
        return 0;
    }

    /** The next executions run this graph only. */
    public TornadoExecutionPlan withGraph(int index) {
        chosen = List.of(graphs.get(index));
        return this;
    }

    /** The next executions run all graphs. */
    public TornadoExecutionPlan withAllGraphs() {
        chosen = graphs;
        return this;
    }

    public TornadoExecutionPlan withGridScheduler(GridScheduler scheduler) {
        grids = scheduler;
        return this;
    }

    /** Nothing is compiled here. */
    public TornadoExecutionPlan withPreCompilation() {
        return this;
    }

    /** Nothing is compiled here, so nothing is printed. */
    public TornadoExecutionPlan withPrintKernel() {
        return this;
    }

    /** Nothing is recorded here. */
    public TornadoExecutionPlan withCUDAGraph() {
        return this;
    }

    /** There is one queue here. */
    public TornadoExecutionPlan withIntraPlanConcurrency() {
        return this;
    }

    /** There is one queue here. */
    public TornadoExecutionPlan withoutIntraPlanConcurrency() {
        return this;
    }

    public TornadoExecutionResult execute() {
        for (Loaded graph : chosen) {
            execute(graph);
        }
        return new TornadoExecutionResult(chosen.stream().map(Loaded::buffers).toList());
    }

    /** Bytes of all copies on the device; what graphs hand on is one. */
    public long getCurrentDeviceMemoryUsage() {
        Set<MemorySegment> copies = Collections.newSetFromMap(new IdentityHashMap<>());
        graphs.forEach(graph -> copies.addAll(graph.buffers.copies()));
        return copies.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    public TornadoExecutionPlan freeDeviceMemory() {
        graphs.forEach(graph -> graph.buffers.clear());
        return this;
    }

    @Override
    public void close() throws TornadoExecutionPlanException {
        freeDeviceMemory();
    }

    private void execute(Loaded loaded) {
        consume(loaded);
        for (Transfer transfer : loaded.graph.toDevice) {
            if (transfer.mode() == DataTransferMode.EVERY_EXECUTION || !loaded.hasRun) {
                transfer.arrays().forEach(array -> loaded.buffers.toDevice((TornadoNativeArray) array));
            }
        }
        loaded.hasRun = true;
        for (Task task : loaded.graph.tasks) {
            run(loaded, task);
        }
        for (Transfer transfer : loaded.graph.toHost) {
            if (transfer.mode() != DataTransferMode.UNDER_DEMAND) {
                transfer.arrays().forEach(array -> loaded.buffers.toHost((TornadoNativeArray) array));
            }
        }
    }

    /** As TornadoVM does, a graph takes over from the one that ran before, and only what it says under that one's name. */
    private void consume(Loaded consumer) {
        Loaded producer = last;
        last = consumer;
        if (producer == null) {
            return;
        }
        for (Consumption consumption : consumer.graph.consumed) {
            if (consumption.graph().equals(producer.graph.name)) {
                consumption.arrays().forEach(array -> take(consumer, producer, (TornadoNativeArray) array));
            }
        }
    }

    private static void take(Loaded consumer, Loaded producer, TornadoNativeArray array) {
        MemorySegment copy = producer.buffers.existing(array);
        boolean isPersisted = producer.graph.persisted.stream().anyMatch(other -> other == array);
        if (copy == null || !isPersisted) {
            throw new IllegalStateException("graph " + consumer.graph.name + " consumes an array that "
                    + producer.graph.name + " has not left on the device");
        }
        consumer.buffers.share(array, copy);
    }

    private void run(Loaded loaded, Task task) {
        String name = loaded.graph.name + "." + task.id();
        WorkerGrid grid = grids.get(name);
        if (grid == null) {
            throw new IllegalArgumentException("task " + name + " has no grid");
        }
        Launch launch = new Launch(name, task.kernel(), task.arguments(), grid);
        for (Object argument : task.arguments()) {
            if (argument instanceof TornadoNativeArray array) {
                array.use(loaded.buffers.of(array));
            }
        }
        launch.run();
    }

    /** A graph and what it has on the device. */
    private static final class Loaded {
        final ImmutableTaskGraph graph;
        final DeviceBuffers buffers = new DeviceBuffers();
        boolean hasRun;

        Loaded(ImmutableTaskGraph graph) {
            this.graph = graph;
        }

        DeviceBuffers buffers() {
            return buffers;
        }
    }
}
