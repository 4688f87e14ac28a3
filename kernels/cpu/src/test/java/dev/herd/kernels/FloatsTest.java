package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class FloatsTest {
    @Test
    void allocatedMemoryIsZeroAndAligned() {
        try (Arena arena = Arena.ofConfined()) {
            for (int size : new int[] {0, 1, 17, 1021}) {
                Floats floats = Floats.allocate(arena, size);

                assertThat(floats.size()).isEqualTo(size);
                assertThat(floats.segment().address() % 64).isZero();
                assertThat(floats.toArray(0, size)).isEqualTo(new float[size]);
            }
        }
    }

    @Test
    void slicesWriteThrough() {
        Floats floats = Floats.copyOf(0, 1, 2, 3, 4, 5);

        Floats slice = floats.slice(2, 3);
        slice.set(1, 30);

        assertThat(slice.size()).isEqualTo(3);
        assertThat(floats.toArray(0, 6)).containsExactly(0, 1, 2, 30, 4, 5);
        assertThat(slice.slice(1, 2).get(1)).isEqualTo(4);
    }

    @Test
    void stretchesAreCopiedBetweenArraysAndFloats() {
        Floats floats = Floats.copyOf(0, 1, 2, 3, 4, 5);
        float[] target = new float[4];

        floats.read(3, target, 1, 2);
        floats.write(0, new float[] {7, 8, 9}, 1, 2);
        floats.copyFrom(4, Floats.copyOf(10, 11, 12), 1, 2);

        assertThat(target).containsExactly(0, 3, 4, 0);
        assertThat(floats.toArray(0, 6)).containsExactly(8, 9, 2, 3, 11, 12);
    }

    @Test
    void accessOutsideIsRefused() {
        Floats floats = Floats.copyOf(1, 2, 3);

        assertThatThrownBy(() -> floats.get(3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> floats.set(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> floats.slice(2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> floats.read(1, new float[9], 0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> floats.copyFrom(0, floats, 1, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void sizesThatOverflowAreRefused() {
        assertThatThrownBy(() -> Floats.allocate(Arena.ofAuto(), Long.MAX_VALUE / 2))
                .isInstanceOf(ArithmeticException.class);
    }
}
