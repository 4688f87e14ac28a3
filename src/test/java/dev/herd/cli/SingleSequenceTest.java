package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.model.Batch;
import dev.herd.model.Batch.Slice;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SingleSequenceTest {
    private static final int CHUNK = 12;
    private static final int BLOCK = 4;

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 5, 12, 17})
    void everyPositionThatCanBeSeenHasABlockOfItsOwn(int sliceLength) {
        RecordingRunner runner = new RecordingRunner(1000);
        SingleSequence sequence = new SingleSequence(runner);

        for (int i = 0; i < 6; i++) {
            sequence.run(new int[sliceLength], 1);
        }

        assertThat(runner.firstPositions)
                .containsExactly(0, sliceLength, 2 * sliceLength, 3 * sliceLength, 4 * sliceLength, 5 * sliceLength);
    }

    @Test
    void localBlocksOfFinishedAttentionChunksAreUsedAgain() {
        // 3 LOCAL and 1 GLOBAL unit per 4 positions; at most 12 positions of LOCAL layers are held at a time.
        RecordingRunner runner = new RecordingRunner(3 * 3 + 25);
        SingleSequence sequence = new SingleSequence(runner);

        for (int i = 0; i < 25; i++) {
            sequence.run(new int[BLOCK], 0);
        }

        assertThat(sequence.length()).isEqualTo(100);
    }

    @Test
    void fullMemoryIsOneSentence() {
        SingleSequence sequence = new SingleSequence(new RecordingRunner(8));
        sequence.run(new int[2 * BLOCK], 1);

        assertThatThrownBy(() -> sequence.run(new int[1], 1))
                .isInstanceOf(CommandException.class)
                .hasMessage("the key/value memory is full after 8 tokens");
    }

    @Test
    void clearGivesEveryBlockBack() {
        RecordingRunner runner = new RecordingRunner(16);
        SingleSequence sequence = new SingleSequence(runner);

        for (int i = 0; i < 5; i++) {
            sequence.run(new int[4 * BLOCK], 1);
            sequence.clear();
        }

        assertThat(runner.firstPositions).containsExactly(0, 0, 0, 0, 0);
    }

    /** Checks the block table of each batch and computes nothing. */
    private static final class RecordingRunner implements ModelRunner {
        private final ModelConfig config = new ModelConfig(
                8, 16, 1000, 1, 1, 2, 8, 0, 2, 1, ModelConfig.pattern(4, 4, 1), CHUNK, 1e-5f, true, 1e4f, null, null);
        private final int blockCount;
        private final List<Integer> firstPositions = new ArrayList<>();

        RecordingRunner(int blockCount) {
            this.blockCount = blockCount;
        }

        @Override
        public ModelConfig config() {
            return config;
        }

        @Override
        public KvLayout kvLayout() {
            return KvLayout.of(config, BLOCK, TensorType.F32);
        }

        @Override
        public int blockCount() {
            return blockCount;
        }

        @Override
        public int maxBatchTokens() {
            return 32;
        }

        @Override
        public Floats run(Batch batch) {
            Slice slice = batch.slices().getFirst();
            firstPositions.add(slice.firstPosition());
            Set<Integer> seen = new HashSet<>();
            for (LayerKind kind : LayerKind.values()) {
                int first = config.firstVisible(kind, slice.firstPosition());
                int last = slice.firstPosition() + slice.tokens().length - 1;
                int units = kvLayout().blocksPerStep(kind);
                for (int entry = first / BLOCK * units; entry < (last / BLOCK + 1) * units; entry++) {
                    int block = slice.blocks().ids(kind)[entry];
                    assertThat(entry).isLessThan(slice.blocks().size(kind));
                    assertThat(block).isNotEqualTo(BlockTable.DROPPED).isBetween(0, blockCount - 1);
                    assertThat(seen.add(block))
                            .as("block %d is used twice", block)
                            .isTrue();
                }
            }
            return Floats.copyOf(new float[slice.logitRows() * config.vocabularySize()]);
        }

        @Override
        public String description() {
            return "none";
        }

        @Override
        public void close() {}
    }
}
