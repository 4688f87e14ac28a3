package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The highest logits against a sort. */
final class SamplingTest {
    @ParameterizedTest(name = "{0} logits, the {1} highest")
    @CsvSource({"1, 1", "5, 7", "127, 1", "1021, 20", "4096, 3", "4097, 40", "9001, 5"})
    void theHighestComeInOrderAndOfEqualOnesTheLowestId(int size, int count) {
        int rows = 3;
        FloatArray logits = new FloatArray(rows * size);
        Random random = new Random(size);
        for (int i = 0; i < rows * size; i++) {
            // Coarse, so that there are ties; the last row is negative throughout.
            logits.set(i, Math.round(random.nextGaussian() * 20) / 4f - (i < 2 * size ? 0 : 1000));
        }
        FloatArray topValues = new FloatArray(rows * count);
        IntArray topIds = new IntArray(rows * count);

        top(logits, rows, size, count, topValues, topIds);

        for (int row = 0; row < rows; row++) {
            int from = row * size;
            int[] sorted = IntStream.range(0, size)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(id -> -logits.get(from + id))
                            .thenComparingInt(id -> id))
                    .mapToInt(id -> id)
                    .toArray();
            for (int rank = 0; rank < count; rank++) {
                int id = rank < size ? sorted[rank] : Sampling.NONE;
                assertThat(topIds.get(row * count + rank))
                        .as("row %d, rank %d", row, rank)
                        .isEqualTo(id);
                if (id != Sampling.NONE) {
                    assertThat(topValues.get(row * count + rank)).isEqualTo(logits.get(from + id));
                }
            }
        }
    }

    private static void top(FloatArray logits, int rows, int size, int count, FloatArray topValues, IntArray topIds) {
        int parts = Sampling.parts(size);
        IntArray step = Device.step(rows);
        FloatArray values = new FloatArray(rows * parts * count);
        IntArray ids = new IntArray(rows * parts * count);
        Device.run(KernelCall.of(
                "Sampling.topOfParts",
                bucket -> Sampling.partsGrid(size, rows + 1),
                Sampling::topOfParts,
                step,
                values,
                ids,
                logits,
                size,
                count));
        Device.run(KernelCall.of(
                "Sampling.top",
                bucket -> Sampling.topGrid(rows + 1),
                Sampling::top,
                step,
                topValues,
                topIds,
                values,
                ids,
                parts,
                count));
    }
}
