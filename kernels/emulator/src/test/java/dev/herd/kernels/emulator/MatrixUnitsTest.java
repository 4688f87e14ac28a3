package dev.herd.kernels.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.faulty.WarpKernels;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Matrix units compute plain products, and what a warp does wrong with them is found. */
final class MatrixUnitsTest {
    private static final KernelContext CONTEXT = new KernelContext();

    private final FloatArray out = new FloatArray(2 * 16 * 8);

    @Test
    void productsAreThoseOfMatrices() {
        assertProducts(WarpKernels::multiplies);
    }

    @Test
    void eachItemSaysWhereARowIs() {
        assertProducts(WarpKernels::multipliesWhatItemsPointAt);
    }

    private void assertProducts(Task4<KernelContext, FloatArray, IntArray, IntArray> kernel) {
        Random random = new Random(1);
        float[] a = halves(random, 2 * 16 * 16);
        float[] b = halves(random, 2 * 16 * 8);
        IntArray left = packed(a);
        IntArray right = packed(b);

        run(graph -> graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, left, right)
                .task("t", kernel, CONTEXT, out, left, right));

        for (int row = 0; row < 32; row++) {
            for (int column = 0; column < 8; column++) {
                double sum = 0.5;
                for (int k = 0; k < 16; k++) {
                    sum += (double) a[row * 16 + k] * b[row / 16 * 128 + k * 8 + column];
                }
                assertThat(out.get(row * 8 + column))
                        .as("row %d, column %d", row, column)
                        .isEqualTo((float) sum);
            }
        }
    }

    @Test
    void localMemoryThatWasNeverWrittenIsAFault() {
        assertFault(
                graph -> graph.task("t", WarpKernels::loadsWhatWasNeverWritten, CONTEXT, out),
                "WarpKernels.loadsWhatWasNeverWritten, group (0, 0, 0), item 0 reads local tile[64], which its group has not"
                        + " written");
    }

    @Test
    void aMissingBarrierIsAFault() {
        assertFault(
                graph -> graph.task("t", WarpKernels::loadsWithoutABarrier, CONTEXT, out),
                "item 0 reads local tile[4], which item 4 of its group has written with no local barrier between");
    }

    @Test
    void anAddressOfNoSixteenBytesIsAFault() {
        assertFault(
                graph -> graph.task("t", WarpKernels::loadsFromAnOddAddress, CONTEXT, out),
                "item 0 calls mmaLoadB at byte 8, which is no multiple of 16");
    }

    @Test
    void anAddressBeyondTheEndIsAFault() {
        assertFault(
                graph -> graph.task("t", WarpKernels::loadsBeyondTheEnd, CONTEXT, out),
                "item 5 calls mmaLoadB at byte 336 of an array of 256");
    }

    @Test
    void differentFactorsInAWarpAreAFault() {
        assertFaultLike(
                graph -> graph.task("t", WarpKernels::loadsADifferentFactor, CONTEXT, out),
                "item 7 calls mmaLoadB in line \\d+, but item 0 of its warp mmaLoadA in line");
    }

    @Test
    void aCallInTwoPlacesIsAFault() {
        assertFaultLike(
                graph -> graph.task("t", WarpKernels::loadsInTwoPlaces, CONTEXT, out),
                "item 16 calls mmaLoadA in line \\d+, but item 0 of its warp mmaLoadA in line");
        assertFaultLike(
                graph -> graph.task("t", WarpKernels::multipliesInTwoPlaces, CONTEXT, out),
                "item 16 calls mma\\[\\d+], but item 0 of its warp mma\\[\\d+]");
    }

    @Test
    void aCallOfHalfAWarpIsAFault() {
        assertFault(
                graph -> graph.task("t", WarpKernels::multipliesWithHalfAWarp, CONTEXT, out),
                "item 48 does not call mmaLoadB, which others of its warp do");
    }

    private static float[] halves(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = new HalfFloat((float) random.nextGaussian()).getFloat32();
        }
        return values;
    }

    private static IntArray packed(float[] values) {
        IntArray words = new IntArray(values.length / 2);
        for (int i = 0; i < words.getSize(); i++) {
            int low = new HalfFloat(values[2 * i]).getHalfFloatValue() & 0xFFFF;
            words.set(i, low | (new HalfFloat(values[2 * i + 1]).getHalfFloatValue() << 16));
        }
        return words;
    }

    private void assertFault(UnaryOperator<TaskGraph> kernel, String message) {
        assertThatThrownBy(() -> run(kernel)).isInstanceOf(KernelFault.class).hasMessageContaining(message);
    }

    private void assertFaultLike(UnaryOperator<TaskGraph> kernel, String pattern) {
        assertThatThrownBy(() -> run(kernel)).isInstanceOf(KernelFault.class).hasMessageFindingMatch(pattern);
    }

    private void run(UnaryOperator<TaskGraph> kernel) {
        TaskGraph graph = kernel.apply(new TaskGraph("s").transferToDevice(DataTransferMode.FIRST_EXECUTION, out))
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid grid = new WorkerGrid1D(WarpKernels.GROUP);
        grid.setLocalWork(WarpKernels.GROUP, 1, 1);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(new GridScheduler("s.t", grid)).execute();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }
}
