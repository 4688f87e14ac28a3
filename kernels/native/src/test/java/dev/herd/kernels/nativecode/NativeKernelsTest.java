package dev.herd.kernels.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelContract;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract for every instruction set that this CPU can run; for none, if the build had no C compiler. */
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("available")
final class NativeKernelsTest extends KernelContract {
    /** Inputs are rounded to 127 steps each way. */
    private static final double HALF_STEP = 0.5 / 127;

    private final InstructionSet instructions;

    NativeKernelsTest(InstructionSet instructions) {
        super(new NativeKernels(NativeLibrary.LOADED.orThrow(), instructions));
        this.instructions = instructions;
    }

    static Stream<InstructionSet> available() {
        NativeLibrary library = NativeLibrary.LOADED.library();
        return library == null
                ? Stream.of()
                : Arrays.stream(InstructionSet.values()).filter(set -> library.table(set) != null);
    }

    @Override
    public double inputRounding(WeightMatrix weights) {
        return weights instanceof WeightMatrix.RowMajor && weights.type().isQuantized() ? 1.001 * HALF_STEP : 0;
    }

    @Test
    void theDescriptionNamesTheInstructionSet() {
        assertThat(kernels().name()).isEqualTo("native");
        assertThat(kernels().description()).isEqualTo("native kernels (" + instructions.title() + ")");
    }

    @Test
    void productsDoNotDependOnHowRowsAreSplit() {
        Random random = new Random(41);
        int rows = 70;
        int columns = 768;
        byte[] bytes = new byte[(int) TensorType.Q8_0.bytes((long) rows * columns)];
        random.nextBytes(bytes);
        for (int scale = 1; scale < bytes.length; scale += 34) {
            bytes[scale] = 0x20;
        }
        WeightMatrix weights = new WeightMatrix.RowMajor(TensorType.Q8_0, MemorySegment.ofArray(bytes), rows, columns);
        WeightMatrix offHeap = copyOffHeap((WeightMatrix.RowMajor) weights);
        for (int tokens : new int[] {1, 3, 40}) {
            Floats x = Floats.allocate(Arena.ofAuto(), (long) tokens * columns);
            for (int i = 0; i < tokens * columns; i++) {
                x.set(i, (float) random.nextGaussian());
            }
            Floats whole = Floats.allocate(Arena.ofAuto(), (long) tokens * rows);
            Floats parts = Floats.allocate(Arena.ofAuto(), (long) tokens * rows);

            kernels().matMul(whole, x, offHeap, tokens, 0, rows);
            for (int row = 0; row < rows; row += 7) {
                kernels().matMul(parts, x, offHeap, tokens, row, row + 7);
            }

            assertThat(parts.toArray(0, tokens * rows)).containsExactly(whole.toArray(0, tokens * rows));
        }
    }

    @Test
    void rangesOutsideTheirMemoryAreRefused() {
        Floats two = Floats.copyOf(1, 2);
        Floats three = Floats.copyOf(1, 2, 3);
        WeightMatrix weights = new WeightMatrix.RowMajor(
                TensorType.F32, Floats.copyOf(1, 2, 3, 4, 5, 6).segment(), 2, 3);

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

    private static WeightMatrix copyOffHeap(WeightMatrix.RowMajor weights) {
        MemorySegment copy = Arena.ofAuto().allocate(weights.byteSize());
        copy.copyFrom(weights.data());
        return new WeightMatrix.RowMajor(weights.type(), copy, weights.rows(), weights.columns());
    }
}
