package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.device.Candidates;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The highest logits against a sort, and the weight of a row against a sum in double. */
final class SamplingTest {
    private static final float[] TEMPERATURES = {1, 0.6f, 1.7f, 0.05f};
    private static final int ROWS = TEMPERATURES.length;

    @ParameterizedTest(name = "{0} logits, up to {1} of the highest")
    @CsvSource({"1, 1", "5, 7", "127, 1", "1021, 20", "4096, 3", "4097, 40", "9001, 64"})
    void theHighestComeInOrderAndOfEqualOnesTheLowestId(int size, int count) {
        FloatArray logits = new FloatArray(ROWS * size);
        Random random = new Random(size);
        for (int i = 0; i < ROWS * size; i++) {
            // Coarse, so that there are ties; the last row is negative throughout.
            logits.set(i, Math.round(random.nextGaussian() * 20) / 4f - (i < 3 * size ? 0 : 1000));
        }
        int[] wanted = {count, 1, 0, Math.max(1, count / 2)};

        Found found = find(logits, size, count, wanted);

        for (int row = 0; row < ROWS; row++) {
            int from = row * size;
            int[] sorted = IntStream.range(0, size)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(id -> -logits.get(from + id))
                            .thenComparingInt(id -> id))
                    .mapToInt(id -> id)
                    .toArray();
            for (int rank = 0; rank < wanted[row]; rank++) {
                int id = rank < size ? sorted[rank] : Sampling.NONE;
                assertThat(found.ids.get(row * count + rank))
                        .as("row %d, rank %d", row, rank)
                        .isEqualTo(id);
                if (id != Sampling.NONE) {
                    assertThat(found.value(row, rank)).isEqualTo(logits.get(from + id));
                }
            }
            if (wanted[row] == 0) {
                assertThat(found.value(row, 0)).isEqualTo(Found.BEFORE);
            } else {
                double total = total(logits, from, size, logits.get(from + sorted[0]), TEMPERATURES[row]);
                assertThat(found.value(row, count)).isCloseTo((float) total, within((float) (1e-5 * total)));
                assertThat(found.value(row, count + 1)).isFinite();
            }
        }
    }

    /** The largest vocabulary that is known, and many equal logits: the sum that is the most off. */
    @Test
    void aWholeVocabularyWeighsWhatItDoesWithinTheTolerance() {
        int size = 202_048;
        FloatArray logits = new FloatArray(ROWS * size);
        Random random = new Random(3);
        for (int i = 0; i < size; i++) {
            logits.set(i, (float) (random.nextGaussian() * 3));
            logits.set(3 * size + i, 0.1f);
        }
        logits.set(3 * size + 77, 0.25f);

        Found found = find(logits, size, 2, new int[] {2, 0, 0, 2});

        for (int row : new int[] {0, 3}) {
            double total = total(logits, row * size, size, found.value(row, 0), TEMPERATURES[row]);
            assertThat(Math.abs(found.value(row, 2) - total)).isLessThan(Candidates.TOLERANCE / 4 * total);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void aNumberThatIsNoneShows(float none) {
        int size = 5000;
        FloatArray logits = new FloatArray(ROWS * size);
        logits.set(size + 4500, none);
        logits.set(2 * size, none);

        Found found = find(logits, size, 3, new int[] {3, 3, 1, 3});

        assertThat(found.value(0, 4)).isFinite();
        assertThat(Float.isFinite(found.value(1, 4))).isFalse();
        assertThat(Float.isFinite(found.value(2, 4))).isFalse();
        assertThat(found.value(3, 4)).isFinite();
    }

    private static double total(FloatArray logits, int from, int size, float highest, float temperature) {
        return IntStream.range(from, from + size)
                .mapToDouble(i -> Math.exp(((double) logits.get(i) - highest) / temperature))
                .sum();
    }

    /** What comes of all rows; what no row wanted is as before. */
    private record Found(FloatArray values, IntArray ids, int count) {
        static final float BEFORE = -77;

        float value(int row, int at) {
            return values.get(row * (count + Sampling.SUMS) + at);
        }
    }

    private static Found find(FloatArray logits, int size, int count, int[] wanted) {
        int parts = Sampling.parts(size);
        IntArray step = Device.step(ROWS);
        IntArray places = new IntArray(ROWS * Step.PLACE);
        FloatArray temperatures = new FloatArray(ROWS);
        for (int row = 0; row < ROWS; row++) {
            places.set(row * Step.PLACE + Step.CANDIDATES, wanted[row]);
            temperatures.set(row, TEMPERATURES[row]);
        }
        FloatArray values = new FloatArray(ROWS * parts * (count + Sampling.SUMS));
        IntArray ids = new IntArray(ROWS * parts * count);
        Device.run(KernelCall.of(
                "Sampling.topOfParts",
                bucket -> Sampling.partsGrid(size, ROWS + 1),
                Sampling::topOfParts,
                step,
                places,
                temperatures,
                values,
                ids,
                logits,
                size,
                count));
        Found found = new Found(new FloatArray(ROWS * (count + Sampling.SUMS)), new IntArray(ROWS * count), count);
        found.values.init(Found.BEFORE);
        Device.run(KernelCall.of(
                "Sampling.top",
                bucket -> Sampling.topGrid(ROWS + 1),
                Sampling::top,
                step,
                places,
                temperatures,
                found.values,
                found.ids,
                values,
                ids,
                parts,
                count));
        return found;
    }
}
