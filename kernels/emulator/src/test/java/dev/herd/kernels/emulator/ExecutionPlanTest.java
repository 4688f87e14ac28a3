package dev.herd.kernels.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.faulty.FaultyKernels;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Device memory is apart from the host's: what a graph forgets to copy shows. */
final class ExecutionPlanTest {
    private static final KernelContext CONTEXT = new KernelContext();

    private final FloatArray x = FloatArray.fromElements(1, 2, 3, 4);
    private final FloatArray doubled = new FloatArray(4);
    private final FloatArray again = new FloatArray(4);

    @Test
    void whatIsCopiedOnceKeepsItsFirstValue() {
        TornadoExecutionPlan plan = plan(graph("a", DataTransferMode.FIRST_EXECUTION));
        plan.execute();
        x.set(0, 100);

        plan.execute();

        assertThat(doubled.toHeapArray()).containsExactly(2, 4, 6, 8);
    }

    @Test
    void whatIsCopiedEveryTimeIsNew() {
        TornadoExecutionPlan plan = plan(graph("a", DataTransferMode.EVERY_EXECUTION));
        plan.execute();
        x.set(0, 100);

        plan.execute();

        assertThat(doubled.toHeapArray()).containsExactly(200, 4, 6, 8);
    }

    @Test
    void whatWasNeverCopiedIsNoNumber() {
        TornadoExecutionPlan plan = plan(new TaskGraph("a")
                .task("t", FaultyKernels::twice, CONTEXT, doubled, x)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, doubled));

        plan.execute();

        assertThat(doubled.get(0)).isNaN();
    }

    @Test
    void resultsAreCopiedOnDemand() {
        TornadoExecutionPlan plan = plan(new TaskGraph("a")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("t", FaultyKernels::twice, CONTEXT, doubled, x)
                .transferToHost(DataTransferMode.UNDER_DEMAND, doubled));
        TornadoExecutionResult result = plan.execute();
        assertThat(doubled.get(3)).isZero();

        result.transferToHost(doubled);

        assertThat(doubled.toHeapArray()).containsExactly(2, 4, 6, 8);
    }

    @Test
    void graphsShareWhatOneLeavesOnTheDevice() {
        TornadoExecutionPlan plan = plan(
                graph("a", DataTransferMode.EVERY_EXECUTION).persistOnDevice(doubled),
                new TaskGraph("b")
                        .consumeFromDevice("a", doubled)
                        .task("t", FaultyKernels::twice, CONTEXT, again, doubled)
                        .transferToHost(DataTransferMode.EVERY_EXECUTION, again));
        plan.execute();
        assertThat(again.toHeapArray()).containsExactly(4, 8, 12, 16);
        x.set(0, 10);

        plan.withGraph(0).execute();
        plan.withGraph(1).execute();

        assertThat(again.toHeapArray()).containsExactly(40, 8, 12, 16);
        assertThat(plan.getCurrentDeviceMemoryUsage()).isGreaterThan(3 * 16);
    }

    @Test
    void whatWasNotLeftOnTheDeviceCannotBeConsumed() {
        TornadoExecutionPlan plan = plan(
                graph("a", DataTransferMode.EVERY_EXECUTION),
                new TaskGraph("b")
                        .consumeFromDevice("a", doubled)
                        .task("t", FaultyKernels::twice, CONTEXT, again, doubled));

        assertThatThrownBy(plan::execute)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("graph b consumes an array that a has not left on the device");
    }

    @Test
    void aTaskNeedsAGrid() {
        TornadoExecutionPlan plan = plan(graph("other", DataTransferMode.EVERY_EXECUTION));

        assertThatThrownBy(plan::execute)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("task other.t has no grid");
    }

    @Test
    void anArrayCanLieInMemoryOfOnesOwn() {
        FloatArray wrapped =
                FloatArray.fromSegmentShallow(FloatArray.fromElements(5, 6).getSegmentWithHeader());

        assertThat(wrapped.getSize()).isEqualTo(2);
        assertThat(wrapped.get(1)).isEqualTo(6);
        assertThat(FloatArray.fromSegment(wrapped.getSegment()).toHeapArray()).containsExactly(5, 6);
    }

    private TaskGraph graph(String name, int mode) {
        return new TaskGraph(name)
                .transferToDevice(mode, x)
                .task("t", FaultyKernels::twice, CONTEXT, doubled, x)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, doubled);
    }

    private static TornadoExecutionPlan plan(TaskGraph... graphs) {
        WorkerGrid grid = new WorkerGrid1D(4);
        grid.setLocalWork(2, 1, 1);
        GridScheduler grids = new GridScheduler("a.t", grid);
        grids.addWorkerGrid("b.t", grid);
        TornadoExecutionPlan plan = graphs.length == 1
                ? new TornadoExecutionPlan(graphs[0].snapshot())
                : new TornadoExecutionPlan(graphs[0].snapshot(), graphs[1].snapshot());
        return plan.withGridScheduler(grids);
    }
}
