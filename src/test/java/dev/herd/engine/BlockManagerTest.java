package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.TensorType;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockManagerTest {
    private static BlockManager manager(int chunkSize, int blockSize, int blockCount) {
        ModelConfig config = FakeModelRunner.config(chunkSize, 8, 4);
        return new BlockManager(KvLayout.of(config, blockSize, TensorType.F32), config, blockCount);
    }

    /** Blocks in use that a step-by-step walk over {@code positions} positions needs at most. */
    private static int peak(BlockManager blocks, int positions, int slice) {
        BlockTable table = new BlockTable();
        int peak = 0;
        for (int position = 0; position < positions; ) {
            int count = Math.min(Math.min(slice, positions - position), blocks.longestSlice(position));
            blocks.extend(table, position + count);
            peak = Math.max(peak, blocks.used());
            position += count;
            blocks.drop(table, position);
        }
        blocks.release(table);
        return peak;
    }

    @ParameterizedTest
    @CsvSource({"4,1", "4,2", "4,3", "4,4", "4,5", "4,16", "16,5", "16,16", "6,4", "0,4", "7,3"})
    void requiredIsNeverExceededAndReachedByLongSequences(int chunkSize, int blockSize) {
        BlockManager blocks = manager(chunkSize, blockSize, 4000);
        for (int positions = 1; positions <= 120; positions++) {
            for (int slice : new int[] {1, 3, 7, 16, 1000}) {
                assertThat((long) peak(blocks, positions, slice)).isLessThanOrEqualTo(blocks.required(positions));
            }
        }
        int localStride = 3;
        assertThat(blocks.required(121) - peak(blocks, 121, 1000)).isBetween(0L, (long) localStride);
        assertThat(blocks.used()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"4,1", "4,2", "4,3", "4,4", "4,16", "16,5"})
    void localBlocksAreDroppedExactlyWhenTheirLastPositionIsPast(int chunkSize, int blockSize) {
        ModelConfig config = FakeModelRunner.config(chunkSize, 8, 4);
        KvLayout layout = KvLayout.of(config, blockSize, TensorType.F32);
        BlockManager blocks = new BlockManager(layout, config, 1000);
        BlockTable table = new BlockTable();
        for (int next = 1; next <= 60; next++) {
            blocks.extend(table, next);
            blocks.drop(table, next);
            int firstVisible = config.firstVisible(LayerKind.LOCAL, next);
            int stride = layout.blocksPerStep(LayerKind.LOCAL);
            for (int index = 0; index < table.size(LayerKind.LOCAL); index++) {
                int lastPosition = (index / stride + 1) * blockSize - 1;
                assertThat(table.ids(LayerKind.LOCAL)[index] == BlockTable.DROPPED)
                        .as("entry %d before position %d", index, next)
                        .isEqualTo(lastPosition < firstVisible);
            }
            assertThat(Arrays.stream(table.ids(LayerKind.GLOBAL)).limit(table.size(LayerKind.GLOBAL)))
                    .doesNotContain(BlockTable.DROPPED);
        }
        blocks.release(table);
        assertThat(blocks.used()).isZero();
    }

    @Test
    void nothingIsDroppedWhenLocalLayersSeeEverything() {
        BlockManager blocks = manager(0, 4, 100);
        BlockTable table = new BlockTable();

        blocks.extend(table, 17);
        blocks.drop(table, 17);

        assertThat(blocks.used()).isEqualTo(5 * 3 + 5);
        assertThat(blocks.longestSlice(17)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void everyBlockIsLentOnceUntilAllAreLent() {
        BlockManager blocks = manager(0, 4, 8);
        BlockTable table = new BlockTable();

        blocks.extend(table, 8);

        assertThat(IntStream.concat(
                        Arrays.stream(table.ids(LayerKind.LOCAL)).limit(table.size(LayerKind.LOCAL)),
                        Arrays.stream(table.ids(LayerKind.GLOBAL)).limit(table.size(LayerKind.GLOBAL))))
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
        assertThatThrownBy(() -> blocks.extend(table, 9))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("all 8 blocks are lent");
    }

    @Test
    void aBlockGivenBackTwiceIsRefused() {
        BlockManager blocks = manager(0, 4, 8);
        BlockTable table = new BlockTable();
        table.append(LayerKind.GLOBAL, 5);

        assertThatThrownBy(() -> blocks.release(table))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("block 5 was given back twice");
    }

    @Test
    void promisesEndAtTheNumberOfBlocks() {
        BlockManager blocks = manager(0, 4, 8);

        assertThat(blocks.reserve(5)).isTrue();
        assertThat(blocks.reserve(4)).isFalse();
        assertThat(blocks.reserve(3)).isTrue();
        blocks.unreserve(5);
        assertThat(blocks.reserve(6)).isFalse();
        assertThat(blocks.reserve(5)).isTrue();
        assertThat(blocks.reserved()).isEqualTo(8);
    }

    @Test
    void requiredDoesNotOverflowWhenTheContextIsHuge() {
        BlockManager blocks = manager(0, 1, 8);

        assertThat(blocks.required(Integer.MAX_VALUE)).isEqualTo(4L * Integer.MAX_VALUE);
    }
}
