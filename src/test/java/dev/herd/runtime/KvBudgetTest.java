package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.TensorType;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KvBudgetTest {
    /** F16 keys and values of one layer and block: 2 heads, 8 elements, 16 tokens, key and value. */
    private static final long LAYER_BYTES = 2 * 8 * 16 * 2 * 2;

    private static final long PLENTY = 1L << 40;

    private final ModelSettings settings = ModelSettings.defaults().withRequests(3, 0);

    @ParameterizedTest
    @CsvSource({
        // chunk, context, block steps of GLOBAL and of LOCAL layers
        "0, 16, 1, 1",
        "0, 17, 2, 2",
        "0, 4096, 256, 256",
        "64, 64, 4, 4",
        "64, 4096, 256, 6",
        "4, 4096, 256, 2",
        "8192, 4096, 256, 256",
    })
    void sequenceHoldsItsContextInGlobalAndOneChunkInLocalLayers(int chunk, int context, long global, long local) {
        ModelConfig config = config(10_000, chunk);

        long bytes = KvBudget.bytes(config, KvLayout.of(config, 16, TensorType.F16), context);

        assertThat(bytes).isEqualTo((global + 3 * local) * LAYER_BYTES);
    }

    @Test
    void defaultContextIsTheCheckpointsUpToTheLimit() {
        assertThat(KvBudget.of(config(5000, 0), settings, PLENTY).contextLength())
                .isEqualTo(5000);
        assertThat(KvBudget.of(config(10_000_000, 0), settings, PLENTY).contextLength())
                .isEqualTo(ModelSettings.DEFAULT_CONTEXT_LIMIT);
    }

    @Test
    void defaultMemoryHoldsAllRunningSequences() {
        KvBudget budget = KvBudget.of(config(4096, 0), settings, PLENTY);

        assertThat(budget.kvBytes()).isEqualTo(3 * 4 * 256 * LAYER_BYTES);
        assertThat(budget.remark()).isEmpty();
    }

    /** However many sequences a device computes together. */
    @Test
    void defaultMemoryIsForEightContextsUnlessSequencesAreConfigured() {
        assertThat(KvBudget.of(config(4096, 0), ModelSettings.defaults(), PLENTY))
                .isEqualTo(KvBudget.of(config(4096, 0), ModelSettings.defaults().withRequests(8, 64), PLENTY));
    }

    @Test
    void defaultMemoryIsAtMostAQuarterOfTheMachine() {
        long sequence = 4 * 256 * LAYER_BYTES;

        KvBudget budget = KvBudget.of(config(4096, 0), settings, 4 * sequence + 4);

        assertThat(budget.contextLength()).isEqualTo(4096);
        assertThat(budget.kvBytes()).isEqualTo(sequence + 1);
    }

    @Test
    void defaultContextShrinksToWhatFitsAndSaysSo() {
        long sequence = 4 * 256 * LAYER_BYTES;

        KvBudget budget = KvBudget.of(config(4096, 0), settings, 4 * sequence - 4);

        assertThat(budget.contextLength()).isEqualTo(255 * 16);
        assertThat(budget.remark())
                .hasValueSatisfying(
                        remark -> assertThat(remark).contains("4080").contains("4096"));
    }

    @Test
    void configuredMemoryShrinksTheDefaultContext() {
        KvBudget budget =
                KvBudget.of(config(4096, 0), settings.withKvBytes(OptionalLong.of(4 * 7 * LAYER_BYTES)), PLENTY);

        assertThat(budget.contextLength()).isEqualTo(7 * 16);
        assertThat(budget.kvBytes()).isEqualTo(4 * 7 * LAYER_BYTES);
    }

    @Test
    void memoryForLessThanABlockIsRefused() {
        assertThatThrownBy(() -> KvBudget.of(config(4096, 0), settings.withKvBytes(OptionalLong.of(1000)), PLENTY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("16 tokens");
    }

    @Test
    void configuredContextThatDoesNotFitIsRefusedWithNumbers() {
        ModelSettings tight = settings.withContextLength(4096).withKvBytes(OptionalLong.of(4 * 255 * LAYER_BYTES));

        assertThatThrownBy(() -> KvBudget.of(config(4096, 0), tight, PLENTY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "a context of 4096 tokens needs 1024 KiB of key/value memory, but only 1020 KiB are configured");
        assertThatThrownBy(() -> KvBudget.of(config(4096, 0), settings.withContextLength(4096), 1 << 19))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "a context of 4096 tokens needs 1024 KiB of key/value memory, but the machine has only 512 KiB");
    }

    @Test
    void configuredContextBeyondTheCheckpointsIsRefused() {
        assertThatThrownBy(() -> KvBudget.of(config(4096, 0), settings.withContextLength(4097), PLENTY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4097")
                .hasMessageContaining("4096");
        assertThat(KvBudget.of(config(4096, 0), settings.withContextLength(OptionalInt.of(4096)), PLENTY)
                        .contextLength())
                .isEqualTo(4096);
    }

    /** Three LOCAL layers and a GLOBAL one, two kv heads of eight elements. */
    private static ModelConfig config(int contextLength, int chunk) {
        return new ModelConfig(
                16,
                32,
                contextLength,
                2,
                2,
                8,
                0,
                16,
                0,
                0,
                ModelConfig.pattern(4, 4, 0),
                chunk,
                1e-5f,
                false,
                1e4f,
                null,
                null);
    }
}
