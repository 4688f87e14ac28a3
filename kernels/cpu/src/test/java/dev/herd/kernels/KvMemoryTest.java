package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class KvMemoryTest {
    private static final long SLAB = 16L << 20;

    @Test
    void blocksAreDistinctAndOfTheRightSize() {
        try (KvMemory memory = new KvMemory(72, 50)) {
            for (int id = 49; id >= 0; id--) {
                memory.ensure(id);
                memory.block(id).fill((byte) id);
            }

            for (int id = 0; id < 50; id++) {
                assertThat(memory.block(id).byteSize()).isEqualTo(72);
                assertThat(memory.block(id).toArray(ValueLayout.JAVA_BYTE)).containsOnly((byte) id);
            }
        }
    }

    @Test
    void ensuringTwiceKeepsTheContents() {
        try (KvMemory memory = new KvMemory(64, 2)) {
            memory.ensure(1);
            MemorySegment block = memory.block(1);
            block.fill((byte) 5);

            memory.ensure(1);
            memory.ensure(0);

            assertThat(memory.block(1).address()).isEqualTo(block.address());
            assertThat(memory.block(1).toArray(ValueLayout.JAVA_BYTE)).containsOnly((byte) 5);
        }
    }

    @Test
    void memoryIsTakenOnlyForSlabsThatAreTouched() {
        try (KvMemory memory = new KvMemory(SLAB / 4, 1_000_000)) {
            memory.ensure(9);

            assertThat(memory.block(8).byteSize()).isEqualTo(SLAB / 4);
            assertThat(memory.block(11).byteSize()).isEqualTo(SLAB / 4);
            assertThatThrownBy(() -> memory.block(7)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> memory.block(12))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("block 12");
        }
    }

    @Test
    void blocksLargerThanASlabStandAlone() {
        try (KvMemory memory = new KvMemory(SLAB + 8, 3)) {
            memory.ensure(1);

            assertThat(memory.block(1).byteSize()).isEqualTo(SLAB + 8);
            assertThatThrownBy(() -> memory.block(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void idsOutsideAreRefused() {
        try (KvMemory memory = new KvMemory(64, 2)) {
            assertThatThrownBy(() -> memory.ensure(2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.ensure(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.block(-1)).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> new KvMemory(0, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new KvMemory(64, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closedMemoryCannotBeRead() {
        KvMemory memory = new KvMemory(64, 1);
        memory.ensure(0);
        MemorySegment block = memory.block(0);

        memory.close();

        assertThatThrownBy(() -> block.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aShapeOfATypeThatHoldsNoKeysIsRefused() {
        assertThat(KvShape.holds(TensorType.Q4_0)).isFalse();
        assertThatThrownBy(() -> new KvShape(1, 32, 4, TensorType.Q4_0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Q4_0");
    }

    @Test
    void headsThatAreNoWholeGroupsAreRefusedAsQ80() {
        assertThatThrownBy(() -> new KvShape(2, 88, 4, TensorType.Q8_0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Q8_0")
                .hasMessageContaining("32")
                .hasMessageContaining("88");
    }

    @Test
    void everyHeadOfAQuantisedShapeStartsAtAGroup() {
        KvShape shape = new KvShape(3, 64, 5, TensorType.Q8_0);

        assertThat(shape.valuesOffset()).isEqualTo(3 * 5 * 2 * 34);
        assertThat(shape.layerBytes()).isEqualTo(2 * 3 * 5 * 2 * 34);
        assertThat(shape.type().bytes(shape.element(2, 8))).isEqualTo((2 * 5 + 3) * 2 * 34);
    }

    @Test
    void aViewFindsTheBlockOfAPosition() {
        try (KvMemory memory = new KvMemory(64, 6)) {
            memory.ensure(0);
            KvShape shape = new KvShape(1, 2, 4, TensorType.F32);
            KvView view = new KvView(shape, memory, new int[] {5, 3, 0, 4, 2, 1}, 2, 1, 0);

            assertThat(view.block(0).address()).isEqualTo(memory.block(3).address());
            assertThat(view.block(3).address()).isEqualTo(memory.block(3).address());
            assertThat(view.block(4).address()).isEqualTo(memory.block(4).address());
            assertThat(view.block(11).address()).isEqualTo(memory.block(1).address());
            assertThat(shape.layerBytes()).isEqualTo(64);
        }
    }
}
