package dev.herd.kernels.tornado;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Runs single kernels on whatever implements TornadoVM's API here. */
final class Device {
    static final KernelContext CONTEXT = new KernelContext();

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Device() {}

    /**
     * Runs one kernel as task {@code t}.
     *
     * @param arrays all arguments that are arrays; they are copied to the device before and back after
     */
    static void run(WorkerGrid grid, Object[] arrays, Consumer<TaskGraph> task) {
        String name = "g" + NUMBER.incrementAndGet(); // compiled kernels are kept by name
        TaskGraph graph = new TaskGraph(name).transferToDevice(DataTransferMode.EVERY_EXECUTION, arrays);
        task.accept(graph);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, arrays);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(new GridScheduler(name + ".t", grid)).execute();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A step in which every count is {@code count}. */
    static IntArray step(int count) {
        IntArray step = new IntArray(Step.SIZE);
        step.init(count);
        return step;
    }
}
