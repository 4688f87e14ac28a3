package dev.herd.kernels.tornado;

import java.util.HashMap;
import java.util.Map;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;

/** Task graphs that can be run, one at a time. Their kernels are compiled when it is made. */
final class GraphPlan implements AutoCloseable {
    private final TaskGraphs graphs;
    private final TornadoExecutionPlan plan;
    private final Map<Integer, GridScheduler> grids = new HashMap<>(); // by bucket

    GraphPlan(TaskGraphs graphs) {
        this.graphs = graphs;
        this.plan = new TornadoExecutionPlan(graphs.build());
    }

    /** Runs a graph with the grids of a {@link #bucket}. */
    void run(int graph, int bucket) {
        plan.withGraph(graph)
                .withGridScheduler(grids.computeIfAbsent(bucket, graphs::grids))
                .execute();
    }

    /** Grids are made for powers of two, so that there are few of them, and for the largest batch. */
    static int bucket(int count, int largest) {
        int power = Integer.highestOneBit(Math.max(1, count));
        return Math.min(power < count ? 2 * power : power, largest);
    }

    /** Gives the device's memory back. */
    @Override
    public void close() {
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }
}
