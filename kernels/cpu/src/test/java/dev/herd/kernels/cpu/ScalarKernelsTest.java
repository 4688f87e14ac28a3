package dev.herd.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelContract;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ScalarKernelsTest extends KernelContract {
    private static final int ROWS = 40;
    private static final int COLUMNS = 1280;
    private static final int TOKENS = 70;

    ScalarKernelsTest() {
        super("scalar");
    }

    @Test
    void productsDoNotDependOnHowRowsAndTokensAreSplit() {
        Random random = new Random(31);
        Floats x = floats(random, TOKENS * COLUMNS);
        MemorySegment data = Arena.ofAuto().allocate(TensorType.BF16.bytes(ROWS * COLUMNS));
        float[] values = floats(random, ROWS * COLUMNS).toArray(0, ROWS * COLUMNS);
        QuantFormats.quantize(TensorType.BF16, values, 0, values.length, data, 0);

        assertSplitDoesNotMatter(x, new WeightMatrix.RowMajor(TensorType.BF16, data, ROWS, COLUMNS));
        assertSplitDoesNotMatter(x, new WeightMatrix.Transposed(TensorType.BF16, data, ROWS, COLUMNS, ROWS, 0));
    }

    private void assertSplitDoesNotMatter(Floats x, WeightMatrix weights) {
        Floats whole = Floats.allocate(Arena.ofAuto(), TOKENS * ROWS);
        kernels().matMul(whole, x, weights, TOKENS, 0, ROWS);

        Floats parts = Floats.allocate(Arena.ofAuto(), TOKENS * ROWS);
        for (int token = 0; token < TOKENS; token++) {
            Floats out = parts.slice((long) token * ROWS, ROWS);
            for (int row = 0; row < ROWS; row += 8) {
                kernels().matMul(out, x.slice((long) token * COLUMNS, COLUMNS), weights, 1, row, row + 8);
            }
        }

        assertThat(parts.toArray(0, TOKENS * ROWS)).containsExactly(whole.toArray(0, TOKENS * ROWS));
    }

    private static Floats floats(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Floats.copyOf(values);
    }
}
