package dev.herd.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelContract;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The contract for the vector kernels, at the width of this JVM. */
final class VectorKernelsTest extends KernelContract {
    VectorKernelsTest() {
        super("vector");
    }

    @Test
    void theDescriptionNamesTheWidth() {
        assertThat(kernels().description()).isEqualTo("vector kernels (" + 32 * VectorLanes.LANES + "-bit)");
        assertThat(VectorLanes.preferredWidth()).isGreaterThanOrEqualTo(128);
    }

    @Test
    void productsDoNotDependOnHowRowsAreSplit() {
        int rows = 70;
        int columns = 768;
        Random random = new Random(41);
        for (TensorType type : new TensorType[] {TensorType.F32, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K}) {
            byte[] bytes = new byte[Math.toIntExact(type.bytes((long) rows * columns))];
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 0x3F; // every scale is finite
            }
            MemorySegment data = Arena.ofAuto().allocate(bytes.length);
            data.copyFrom(MemorySegment.ofArray(bytes));
            WeightMatrix weights = new WeightMatrix.RowMajor(type, data, rows, columns);
            for (int tokens : new int[] {1, 3, 40}) {
                Floats x = Floats.allocate(Arena.ofAuto(), (long) tokens * columns);
                for (int i = 0; i < tokens * columns; i++) {
                    x.set(i, (float) random.nextGaussian());
                }
                Floats whole = Floats.allocate(Arena.ofAuto(), (long) tokens * rows);
                Floats parts = Floats.allocate(Arena.ofAuto(), (long) tokens * rows);

                kernels().matMul(whole, x, weights, tokens, 0, rows);
                for (int row = 0; row < rows; row += 7) {
                    kernels().matMul(parts, x, weights, tokens, row, row + 7);
                }

                assertThat(parts.toArray(0, tokens * rows))
                        .as("%s, %d tokens", type, tokens)
                        .containsExactly(whole.toArray(0, tokens * rows));
            }
        }
    }

    @Test
    void rangesOutsideTheirMemoryAreRefused() {
        Floats two = Floats.copyOf(1, 2);
        Floats three = Floats.copyOf(1, 2, 3);
        MemorySegment six = Floats.copyOf(1, 2, 3, 4, 5, 6).segment();
        WeightMatrix weights = new WeightMatrix.RowMajor(TensorType.F32, six, 2, 3);

        assertThatThrownBy(() -> kernels().matMul(two, two, weights, 1, 0, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> kernels().matMul(two, three, weights, 1, 0, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> kernels().add(two, three, 0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> kernels().rmsNorm(two, two, two, 0, 2, 0, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> kernels().dequantizeRow(two, 0, weights, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void matricesOnTheHeapAreRefused() {
        MemorySegment onHeap = MemorySegment.ofArray(new byte[8]);
        WeightMatrix weights = new WeightMatrix.RowMajor(TensorType.F32, onHeap, 1, 2);

        assertThatThrownBy(() -> kernels().matMul(Floats.copyOf(0), Floats.copyOf(1, 2), weights, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("outside the heap");
    }
}
