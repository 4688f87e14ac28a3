package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.device.Decoder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** That the host, which knows a step's bucket, and the device, which knows its tokens, take the same way. */
final class ExpertCallsTest {
    private static final String ROUNDED = "RoundedExpertMatMul.matMul";
    private static final String HALVES = "MmaMatMul.expertMatMul";
    private static final String TILES = "ExpertMatMul.matMul";

    /** Sizes of steps on both sides of the limits, and largest steps that are no powers of two. */
    @ParameterizedTest(name = "{0} experts, {1} tokens at most, {2} of which with rounded inputs")
    @CsvSource({"16, 100, 64", "16, 48, 64", "5, 24, 16", "16, 256, 64", "7, 40, 16", "12, 33, 32"})
    void groupsAreThereForWhatHasAssignments(int experts, int largest, int most) {
        try (HostMemory memory = new HostMemory()) {
            Decoder decoder = DecoderMemoryTest.decoder(largest, false, experts, 1);
            StepBuffers step = new StepBuffers(decoder, 32, Capabilities.ALL, memory);
            List<KernelCall> calls = calls(decoder, step, Capabilities.ALL, memory);
            KernelCall group = only(calls, "Router.group");
            for (int tokens = TaskGraphs.FEW + 1; tokens <= largest; tokens++) {
                int bucket = GraphPlan.bucket(tokens, largest);
                step.step.set(Step.TOKENS, tokens);
                Device.run(group);

                int[] offsets = ((IntArray) group.arguments().get(2)).toHeapArray();
                boolean isRounded = tokens <= most;
                assertThat(offsets[experts]).isEqualTo(isRounded ? 0 : tokens);
                assertThat(offsets[2 * experts + 1]).isEqualTo(isRounded ? tokens : 0);
                assertThat(groups(calls, ROUNDED, bucket)).isEqualTo(isRounded ? experts : 1);
                assertThat(groups(calls, HALVES, bucket)).isEqualTo(isRounded ? 2 : tiles(bucket, experts));
                assertThat(groups(calls, "RoundedInputs.roundOrdered", bucket)).isEqualTo(isRounded ? bucket : 1);
            }
        }
    }

    /** Tiles of 64 assignments. */
    private static int tiles(int assignments, int experts) {
        return Math.ceilDiv(assignments, 64) + Math.min(experts, assignments);
    }

    @Test
    void whatADeviceCannotDoIsNotLaunched() {
        assertThat(products(new Capabilities(false, false))).containsExactly(TILES, TILES, TILES);
        assertThat(products(new Capabilities(false, true))).containsExactly(HALVES, HALVES, HALVES);
        assertThat(products(new Capabilities(true, false)))
                .containsExactly(ROUNDED, TILES, ROUNDED, TILES, ROUNDED, TILES);
        assertThat(products(Capabilities.ALL)).containsExactly(ROUNDED, HALVES, ROUNDED, HALVES, ROUNDED, HALVES);
    }

    private static List<String> products(Capabilities capabilities) {
        try (HostMemory memory = new HostMemory()) {
            Decoder decoder = DecoderMemoryTest.decoder(40, false, 4, 1);
            StepBuffers step = new StepBuffers(decoder, 32, capabilities, memory);
            return calls(decoder, step, capabilities, memory).stream()
                    .map(KernelCall::kernel)
                    .filter(List.of(ROUNDED, HALVES, TILES)::contains)
                    .toList();
        }
    }

    private static List<KernelCall> calls(
            Decoder decoder, StepBuffers step, Capabilities capabilities, ArraySource memory) {
        Scratch scratch = new Scratch(decoder, TaskGraphs.FEW, capabilities, memory);
        LayerBuffers layer = new LayerBuffers(decoder.layers().getFirst(), memory);
        return new DecoderCalls(decoder, step, scratch, capabilities).many(layer);
    }

    private static KernelCall only(List<KernelCall> calls, String kernel) {
        List<KernelCall> found =
                calls.stream().filter(call -> call.kernel().equals(kernel)).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    /** Groups of a kernel along the second dimension, wherever it is launched. */
    private static int groups(List<KernelCall> calls, String kernel, int bucket) {
        List<Integer> all = calls.stream()
                .filter(call -> call.kernel().equals(kernel))
                .map(call -> call.grid().apply(bucket))
                .map(WorkerGrid::getGlobalWork)
                .map(global -> Math.toIntExact(global[1]))
                .distinct()
                .toList();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }
}
