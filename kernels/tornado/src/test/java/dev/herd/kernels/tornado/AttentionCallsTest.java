package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Decoder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which kernels attend, by what the device can do, how keys and values are kept, and how many heads share them. */
final class AttentionCallsTest {
    private static final int LARGEST = 200;
    private static final Capabilities NONE = new Capabilities(false, false);
    private static final Capabilities ONLY_DP4A = new Capabilities(true, false);
    private static final Capabilities ONLY_MMA = new Capabilities(false, true);

    @Test
    void manyTokensAttendOnMatrixUnitsAndThoseAloneInStretches() {
        assertThat(many(TensorType.F16, 4, Capabilities.ALL))
                .containsExactly("KeyValues.place", "MmaAttention.attend", "FewAttention.attend", "Attention.combine");
        assertThat(many(TensorType.F16, 4, ONLY_MMA)).containsExactly("KeyValues.place", "MmaAttention.attend");
        assertThat(many(TensorType.F16, 4, ONLY_DP4A))
                .containsExactly("KeyValues.place", "RunAttention.attend", "Attention.combine");
        assertThat(many(TensorType.F16, 4, NONE))
                .containsExactly("KeyValues.place", "Attention.attend", "Attention.combine");
    }

    @Test
    void whatOneKernelDoesNotTakeIsAnothers() {
        assertThat(many(TensorType.Q8_0, 4, Capabilities.ALL))
                .containsExactly("KeyValues.place", "RunAttention.attend", "Attention.combine");
        assertThat(many(TensorType.F32, 4, Capabilities.ALL))
                .containsExactly("KeyValues.place", "RunAttention.attend", "Attention.combine");
        assertThat(many(TensorType.F16, 12, Capabilities.ALL))
                .as("six heads share a key")
                .containsExactly("KeyValues.place", "MmaAttention.attend");
    }

    @Test
    void fewTokensAttendInStretches() {
        assertThat(few(TensorType.F16, 4, Capabilities.ALL)).containsExactly("KeyValues.place", "FewAttention.attend");
        assertThat(few(TensorType.Q8_0, 4, Capabilities.ALL)).containsExactly("KeyValues.place", "FewAttention.attend");
        assertThat(few(TensorType.F32, 4, Capabilities.ALL)).containsExactly("KeyValues.place", "RunAttention.attend");
        assertThat(few(TensorType.F16, 12, Capabilities.ALL)).containsExactly("KeyValues.place", "RunAttention.attend");
        assertThat(few(TensorType.F16, 4, ONLY_MMA)).containsExactly("KeyValues.place", "Attention.attend");
    }

    /** A step's tokens, and what of them has a place among those that are alone. */
    @ParameterizedTest
    @CsvSource({"16, 16", "32, 32", "64, 32", "200, 32"})
    void gridsHaveGroupsForThoseAlone(int bucket, int most) {
        try (HostMemory memory = new HostMemory()) {
            List<KernelCall> calls = calls(TensorType.F16, 4, Capabilities.ALL, memory, true);

            assertThat(calls.get(2).grid().apply(bucket).getGlobalWork()[1]).isEqualTo(most);
            assertThat(calls.get(3).grid().apply(bucket).getGlobalWork()[1]).isEqualTo(most);
        }
    }

    /** The host tells the device of as many as have groups, and there is room for their stretches. */
    @Test
    void runsThatAreAloneAreAsManyAsHaveGroups() {
        try (HostMemory memory = new HostMemory()) {
            Decoder decoder = decoder(TensorType.F16, 4);
            Scratch scratch = new Scratch(decoder, TaskGraphs.FEW, Capabilities.ALL, memory);
            int most = AttentionCalls.mostAlone(decoder, Capabilities.ALL);

            assertThat(most).isEqualTo(32);
            assertThat(scratch.partial.getSize()).isGreaterThanOrEqualTo(most * Scratch.ALONE_SPLITS * 4 * (32 + 2));
            for (TensorType type : Arrays.asList(TensorType.Q8_0, TensorType.F32)) {
                assertThat(AttentionCalls.mostAlone(decoder(type, 4), Capabilities.ALL))
                        .isZero();
            }
        }
    }

    private static List<String> many(TensorType type, int heads, Capabilities capabilities) {
        try (HostMemory memory = new HostMemory()) {
            return names(calls(type, heads, capabilities, memory, true));
        }
    }

    private static List<String> few(TensorType type, int heads, Capabilities capabilities) {
        try (HostMemory memory = new HostMemory()) {
            return names(calls(type, heads, capabilities, memory, false));
        }
    }

    private static List<String> names(List<KernelCall> calls) {
        return calls.stream().map(KernelCall::kernel).toList();
    }

    private static List<KernelCall> calls(
            TensorType type, int heads, Capabilities capabilities, ArraySource memory, boolean isMany) {
        Decoder decoder = decoder(type, heads);
        StepBuffers step = new StepBuffers(decoder, 32, capabilities, memory);
        Scratch scratch = new Scratch(decoder, TaskGraphs.FEW, capabilities, memory);
        LayerBuffers layer = new LayerBuffers(decoder.layers().getFirst(), memory);
        AttentionCalls calls = new AttentionCalls(decoder, step, scratch, capabilities);
        return isMany ? calls.ofMany(layer) : calls.ofFew(layer);
    }

    private static Decoder decoder(TensorType type, int heads) {
        return DecoderMemoryTest.decoder(LARGEST, false, 0, 8, heads, new KvShape(2, 32, 16, type));
    }
}
