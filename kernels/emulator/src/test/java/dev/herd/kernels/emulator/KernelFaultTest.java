package dev.herd.kernels.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.faulty.FaultyKernels;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Each check of the emulator finds the fault that is planted for it, and says where; right kernels pass. */
final class KernelFaultTest {
    private static final KernelContext CONTEXT = new KernelContext();
    private static final int ITEMS = 2 * FaultyKernels.GROUP;

    private final FloatArray out = new FloatArray(ITEMS);
    private final IntArray ints = new IntArray(ITEMS);

    @Test
    void anIndexBeyondTheEndIsAFault() {
        FloatArray x = new FloatArray(ITEMS);

        assertFault(
                graph -> graph.task("t", FaultyKernels::readsBeyondTheEnd, CONTEXT, out, x),
                "FaultyKernels.readsBeyondTheEnd, group (1, 0, 0), item 3 touches x[8], but it ends at 7");
    }

    @Test
    void aNegativeIndexIsAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::writesBeforeTheStart, CONTEXT, ints),
                "group (0, 0, 0), item 0 touches out[-1], but it ends at 7");
    }

    @Test
    void anIndexOutsideLocalMemoryIsAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::leavesLocalMemory, CONTEXT, out),
                "group (0, 0, 0), item 3 touches local shared[4], but it ends at 3");
    }

    @Test
    void localMemoryThatWasNeverWrittenIsAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::readsWhatWasNeverWritten, CONTEXT, out),
                "group (0, 0, 0), item 0 reads local shared[0], which its group has not written");
    }

    @Test
    void localMemoryOfAnotherGroupIsNotInitialised() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::readsWhatAnotherGroupWrote, CONTEXT, out),
                "group (1, 0, 0), item 0 reads local shared[0], which its group has not written");
    }

    @Test
    void anItemThatLeavesBeforeABarrierIsAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::leavesBeforeTheBarrier, CONTEXT, out),
                "group (0, 0, 0), item 0 waits at the barrier in line ",
                ", but item 2 has left");
    }

    @Test
    void differentBarriersAreAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::meetsAtDifferentBarriers, CONTEXT, out),
                "item 2 waits at the barrier in line ",
                ", but item 0 at that in line ");
    }

    @Test
    void workAfterTheLastBarrierIsAFault() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::goesOnAfterTheLastBarrier, CONTEXT, out),
                "group (0, 0, 0), item 2 touches an array after its last barrier, "
                        + "but kernels that have barriers must end with one");
    }

    @Test
    void aReadInTheSamePhaseAsAWriteIsARace() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::readsItsNeighbourTooSoon, CONTEXT, out),
                "item 1 reads local shared[0], which item 0 of its group has written with no local barrier between");
    }

    @Test
    void aWriteInTheSamePhaseAsAReadIsARace() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::overwritesWhatOthersStillRead, CONTEXT, out),
                "item 1 reads local shared[0], which item 0 of its group has written with no local barrier between");
    }

    @Test
    void aLocalBarrierDoesNotOrderGlobalMemory() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::sharesThroughGlobalMemory, CONTEXT, out),
                "item 0 reads out[1], which item 1 of its group has written with no global barrier between");
    }

    @Test
    void groupsThatWriteOneElementAreARace() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::allGroupsWriteOneElement, CONTEXT, out),
                "group (1, 0, 0), item 0 writes out[0], which another group has written");
    }

    @Test
    void aWriteOfWhatAnotherGroupReadIsARace() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::writesWhatOtherGroupsRead, CONTEXT, out),
                "group (1, 0, 0), item 3 writes out[0], which another group has read");
    }

    @Test
    void sizesOfLocalMemoryMustAgree() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::allocatesDifferentSizes, CONTEXT, out),
                "item 1 allocates 5 elements for shared, but another item 4");
    }

    @Test
    void anyExceptionNamesThePlace() {
        assertFault(
                graph -> graph.task("t", FaultyKernels::divides, CONTEXT, ints),
                "FaultyKernels.divides, group (1, 0, 0), item 1 fails: java.lang.ArithmeticException");
    }

    @Test
    void aKernelWithAllBarriersPasses() {
        FloatArray x = FloatArray.fromElements(1, 2, 3, 4, 10, 20, 30, 40);

        run(grid(ITEMS), graph -> graph.task("t", FaultyKernels::sums, CONTEXT, out, x), out, x);
        run(grid(ITEMS), graph -> graph.task("t", FaultyKernels::sums, CONTEXT, out, x), out, x);

        assertThat(out.toHeapArray()).containsExactly(24, 24, 24, 24, 204, 204, 204, 204);
    }

    @Test
    void aGlobalBarrierOrdersGlobalMemory() {
        FloatArray x = FloatArray.fromElements(1, 2, 3, 4, 5, 6, 7, 8);

        run(grid(ITEMS), graph -> graph.task("t", FaultyKernels::swaps, CONTEXT, x), x);

        assertThat(x.toHeapArray()).containsExactly(2, 1, 4, 3, 6, 5, 8, 7);
    }

    @Test
    void itemsKnowTheirPlaceInThreeDimensions() {
        IntArray where = new IntArray(4 * 3 * 2);
        WorkerGrid grid = new WorkerGrid3D(4, 3, 2);
        grid.setLocalWork(2, 3, 1);

        run(grid, graph -> graph.task("t", FaultyKernels::tellsWhereItIs, CONTEXT, where), where);

        assertThat(where.get(0)).isEqualTo(132);
        assertThat(where.get(3)).isEqualTo(1_001_132);
        assertThat(where.get(12 + 2 * 4 + 2)).isEqualTo(101_020_132);
    }

    @Test
    void aKernelMustBeAReferenceToAMethod() {
        assertThatThrownBy(() ->
                        run(grid(ITEMS), graph -> graph.task("t", (context, x) -> x.set(0, 1), CONTEXT, out), out))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reference to a static method");
    }

    @Test
    void itemsMustFillTheirGroups() {
        assertThatThrownBy(
                        () -> run(grid(ITEMS + 1), graph -> graph.task("t", FaultyKernels::swaps, CONTEXT, out), out))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("g.t has [9, 1, 1] items, which are no whole groups of [4, 1, 1]");
    }

    private void assertFault(Consumer<TaskGraph> task, String... parts) {
        assertThatThrownBy(() -> run(grid(ITEMS), task, out, ints))
                .isInstanceOf(KernelFault.class)
                .message()
                .contains(parts);
    }

    private static WorkerGrid grid(int items) {
        WorkerGrid grid = new WorkerGrid1D(items);
        grid.setLocalWork(FaultyKernels.GROUP, 1, 1);
        return grid;
    }

    private static void run(WorkerGrid grid, Consumer<TaskGraph> task, Object... arrays) {
        TaskGraph graph = new TaskGraph("g").transferToDevice(DataTransferMode.EVERY_EXECUTION, arrays);
        task.accept(graph);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, arrays);
        new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("g.t", grid))
                .execute();
    }
}
