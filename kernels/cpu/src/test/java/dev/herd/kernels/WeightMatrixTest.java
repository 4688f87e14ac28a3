package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.WeightMatrix.Fp8;
import dev.herd.kernels.WeightMatrix.Int4;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class WeightMatrixTest {
    private static MemorySegment bytes(long size) {
        return KernelCases.unaligned(size);
    }

    @Test
    void byteSizesCountAllPartsOfAMatrix() {
        assertThat(new RowMajor(TensorType.Q8_0, bytes(204), 3, 64).byteSize()).isEqualTo(204);
        assertThat(new RowMajor(TensorType.Q8_0, bytes(204), 3, 64).rowBytes()).isEqualTo(68);
        assertThat(new Transposed(TensorType.BF16, bytes(2 * 4 * 10), 3, 4, 10, 7).byteSize())
                .isEqualTo(24);
        assertThat(new Fp8(bytes(12), TensorType.F32, bytes(12), 3, 4).byteSize())
                .isEqualTo(24);
        assertThat(new Int4(bytes(24), TensorType.F16, bytes(12), 2, bytes(8), bytes(40), 3, 10).byteSize())
                .isEqualTo(84);
    }

    @Test
    void memoryOfAnotherSizeIsRefused() {
        refused("203 bytes", () -> new RowMajor(TensorType.Q8_0, bytes(203), 3, 64));
        refused("81 bytes", () -> new Transposed(TensorType.BF16, bytes(81), 3, 4, 10, 7));
        refused("13 bytes", () -> new Fp8(bytes(13), TensorType.F32, bytes(12), 3, 4));
        refused("6 bytes", () -> new Fp8(bytes(12), TensorType.F32, bytes(6), 3, 4));
        refused("12 bytes", () -> new Int4(bytes(12), TensorType.F16, bytes(12), 2, null, null, 3, 10));
        refused("4 bytes", () -> new Int4(bytes(24), TensorType.F16, bytes(12), 2, bytes(4), null, 3, 10));
        refused("36 bytes", () -> new Int4(bytes(24), TensorType.F16, bytes(12), 2, null, bytes(36), 3, 10));
    }

    @Test
    void shapesThatCannotBeAreRefused() {
        refused("[-3, -64]", () -> new RowMajor(TensorType.F32, bytes(4 * 3 * 64), -3, -64));
        refused("33 elements", () -> new RowMajor(TensorType.Q8_0, bytes(34), 1, 33));
        refused("Q8_0", () -> new Transposed(TensorType.Q8_0, bytes(34), 1, 1, 32, 0));
        refused("rows 8..11 of 10", () -> new Transposed(TensorType.BF16, bytes(80), 3, 4, 10, 8));
        refused("Q8_0", () -> new Fp8(bytes(32), TensorType.Q8_0, bytes(34), 32, 1));
        refused("10 columns in 3 groups", () -> new Int4(bytes(8), TensorType.F16, bytes(6), 3, null, null, 1, 10));
        refused("10 columns in 0 groups", () -> new Int4(bytes(8), TensorType.F16, bytes(0), 0, null, null, 1, 10));
    }

    @Test
    void aGroupIndexOutsideTheGroupsIsRefused() {
        MemorySegment index = bytes(32);
        index.set(ValueLayout.JAVA_INT_UNALIGNED, 20, 2);

        refused("column 5 is of group 2", () -> new Int4(bytes(4), TensorType.F16, bytes(4), 2, null, index, 1, 8));

        index.set(ValueLayout.JAVA_INT_UNALIGNED, 20, -1);
        refused("group -1", () -> new Int4(bytes(4), TensorType.F16, bytes(4), 2, null, index, 1, 8));
    }

    @Test
    void typesAreFoundByTheirGgmlId() {
        assertThat(TensorType.ofGgmlId(12)).contains(TensorType.Q4_K);
        assertThat(TensorType.ofGgmlId(4)).isEmpty();
        assertThat(TensorType.ofGgmlId(-1)).isEmpty();
        assertThat(TensorType.Q4_K.bytes(512)).isEqualTo(288);
        assertThatThrownBy(() -> TensorType.F64.bytes(Long.MAX_VALUE)).isInstanceOf(ArithmeticException.class);
    }

    private static void refused(String message, ThrowingCallable constructor) {
        assertThatThrownBy(constructor)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
