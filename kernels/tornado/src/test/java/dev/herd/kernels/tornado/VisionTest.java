package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What the vision encoder moves about, element by element; a device may fuse or reorder two operations. */
final class VisionTest {
    @Test
    void patchesAreUnfoldedChannelByChannel() {
        int grid = 3;
        int patchSize = 2;
        int tileSize = grid * patchSize;
        FloatArray pixels = new FloatArray(2 * 3 * tileSize * tileSize);
        for (int i = 0; i < pixels.getSize(); i++) {
            pixels.set(i, i + 1);
        }
        int rows = 2 * (grid * grid + 1);
        int size = 3 * patchSize * patchSize;
        FloatArray out = new FloatArray(rows * size);
        IntArray step = Device.step(rows);

        Device.run(KernelCall.of(
                "Vision.unfold",
                bucket -> Elements.grid(rows + 1, size),
                Vision::unfold,
                step,
                out,
                pixels,
                grid,
                patchSize));

        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < size; i++) {
                int tile = row / 10;
                int patch = row % 10;
                float expected = 0;
                if (patch < 9) {
                    int channel = i / 4;
                    int y = patch / 3 * 2 + i % 4 / 2;
                    int x = patch % 3 * 2 + i % 2;
                    expected = pixels.get(((tile * 3 + channel) * tileSize + y) * tileSize + x);
                }
                assertThat(out.get(row * size + i))
                        .as("row %d, element %d", row, i)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void positionsAndClassTokensAreAdded() {
        Random random = new Random(1);
        int size = 70;
        int tileRows = 5;
        FloatArray hidden = ExpertsTest.floats(random, 2 * tileRows * size, 1);
        FloatArray positions = ExpertsTest.floats(random, tileRows * size, 1);
        FloatArray classEmbedding = ExpertsTest.floats(random, size, 1);
        float[] before = hidden.toHeapArray();
        IntArray step = Device.step(2 * tileRows);

        Device.run(KernelCall.of(
                "Vision.embed",
                bucket -> Elements.grid(2 * tileRows, size),
                Vision::embed,
                step,
                hidden,
                positions,
                classEmbedding,
                size,
                tileRows));

        for (int i = 0; i < before.length; i++) {
            int inTile = i / size % tileRows;
            float expected = before[i] + positions.get(inTile * size + i % size);
            if (inTile == tileRows - 1) {
                expected += classEmbedding.get(i % size);
            }
            assertThat(hidden.get(i)).as("element %d", i).isCloseTo(expected, within(2e-6f));
        }
    }

    @Test
    void pairsTurnAlikeInEveryTile() {
        Random random = new Random(2);
        int headSize = 12;
        int size = 3 * headSize;
        int tileRows = 4;
        FloatArray x = ExpertsTest.floats(random, 2 * tileRows * size, 1);
        FloatArray rotations = ExpertsTest.floats(random, tileRows * headSize, 1);
        float[] before = x.toHeapArray();
        IntArray step = Device.step(2 * tileRows);

        Device.run(KernelCall.of(
                "Vision.turnPairs",
                bucket -> Elements.grid(2 * tileRows, size / 2),
                Vision::turnPairs,
                step,
                x,
                rotations,
                size,
                headSize,
                tileRows));

        for (int i = 0; i < before.length; i += 2) {
            int angle = i / size % tileRows * headSize + i % size % headSize;
            float cosine = rotations.get(angle);
            float sine = rotations.get(angle + 1);
            assertThat(x.get(i)).isCloseTo(before[i] * cosine - before[i + 1] * sine, within(2e-6f));
            assertThat(x.get(i + 1)).isCloseTo(before[i] * sine + before[i + 1] * cosine, within(2e-6f));
        }
    }

    @Test
    void tilesDoNotSeeEachOther() {
        Random random = new Random(3);
        int tileRows = 66;
        int size = 2 * 8;
        FloatArray query = ExpertsTest.floats(random, 2 * tileRows * size, 1);
        FloatArray key = ExpertsTest.floats(random, 2 * tileRows * size, 1);
        FloatArray value = ExpertsTest.floats(random, 2 * tileRows * size, 1);

        float[] together = attend(query, key, value, 2 * tileRows, tileRows);

        for (int tile = 0; tile < 2; tile++) {
            int from = tile * tileRows * size;
            float[] alone = attend(
                    part(query, from, tileRows * size),
                    part(key, from, tileRows * size),
                    part(value, from, tileRows * size),
                    tileRows,
                    tileRows);
            for (int i = 0; i < alone.length; i++) {
                assertThat(together[from + i])
                        .as("tile %d, element %d", tile, i)
                        .isEqualTo(alone[i]);
            }
        }
    }

    /** Whole tiles, ends within 64 rows and within 16 elements, and fewer groups than blocks of rows. */
    @ParameterizedTest(name = "{0} tiles of {1} rows, {2} heads of {3}, {4} strands")
    @CsvSource({"1, 5, 1, 8, 1", "2, 66, 2, 24, 3", "3, 64, 1, 32, 2", "1, 145, 2, 88, 2", "2, 17, 3, 128, 8"})
    void matrixUnitsAttendAsOthersDo(int tiles, int tileRows, int heads, int headSize, int strands) {
        if (!Device.hasMma()) {
            return;
        }
        Random random = new Random(tileRows);
        int values = tiles * tileRows * heads * headSize;
        FloatArray query = ExpertsTest.floats(random, values, 1);
        FloatArray key = ExpertsTest.floats(random, values, 1);
        FloatArray value = ExpertsTest.floats(random, values, 1);
        FloatArray out = new FloatArray(values);
        out.init(Float.NaN);
        FloatArray sums = new FloatArray(Math.toIntExact(MmaVision.sums(heads, headSize, strands)));

        Device.run(KernelCall.of(
                "MmaVision.attend",
                bucket -> MmaVision.grid(heads, tiles + 1, tileRows, strands),
                MmaVision::attend,
                Device.step(tiles * tileRows),
                out,
                sums,
                query,
                key,
                value,
                heads,
                headSize,
                tileRows,
                strands));

        float[] expected = attend(query, key, value, tiles * tileRows, tileRows, heads, headSize);
        assertThat(out.toHeapArray()).containsExactly(expected, within(2e-3f));
    }

    /** Halves have no room for these; numbers come out, and none that were not there. */
    @Test
    void whatIsTooLargeForAHalfIsTheLargestAndNoNumberIsNone() {
        if (!Device.hasMma()) {
            return;
        }
        FloatArray query = new FloatArray(8);
        FloatArray value = new FloatArray(8);
        value.set(0, 1e6f);
        value.set(1, Float.NaN);
        value.set(2, 3);
        value.set(3, Float.NEGATIVE_INFINITY);
        FloatArray key = new FloatArray(8);
        key.set(0, -1e6f);
        FloatArray out = new FloatArray(8);

        Device.run(KernelCall.of(
                "MmaVision.attend",
                bucket -> MmaVision.grid(1, 1, 1, 1),
                MmaVision::attend,
                Device.step(1),
                out,
                new FloatArray(Math.toIntExact(MmaVision.sums(1, 8, 1))),
                query,
                key,
                value,
                1,
                8,
                1,
                1));

        assertThat(out.get(0)).isEqualTo(65504);
        assertThat(out.get(1)).isNaN();
        assertThat(out.get(2)).isEqualTo(3);
        assertThat(out.get(3)).isNaN();
    }

    private static float[] attend(FloatArray query, FloatArray key, FloatArray value, int rows, int tileRows) {
        return attend(query, key, value, rows, tileRows, 2, 8);
    }

    private static float[] attend(
            FloatArray query, FloatArray key, FloatArray value, int rows, int tileRows, int heads, int headSize) {
        FloatArray out = new FloatArray(query.getSize());
        Device.run(KernelCall.of(
                "Vision.attend",
                bucket -> Vision.attendGrid(heads, rows),
                Vision::attend,
                Device.step(rows),
                out,
                query,
                key,
                value,
                heads,
                headSize,
                tileRows));
        return out.toHeapArray();
    }

    private static FloatArray part(FloatArray whole, int from, int length) {
        FloatArray part = new FloatArray(length);
        for (int i = 0; i < length; i++) {
            part.set(i, whole.get(from + i));
        }
        return part;
    }

    /** The order of llama4.md 11: {@code [0,1,4,5], [2,3,6,7], [8,9,12,13], [10,11,14,15]}. */
    @ParameterizedTest
    @CsvSource({"4, 2, 3", "4, 4, 1", "6, 3, 70", "2, 1, 5"})
    void squaresOfPatchesBecomeImageTokens(int grid, int factor, int size) {
        int perSide = grid / factor;
        int tokens = 2 * perSide * perSide;
        int tileRows = grid * grid + 1;
        FloatArray encoded = new FloatArray(2 * tileRows * size);
        for (int i = 0; i < encoded.getSize(); i++) {
            encoded.set(i, i);
        }
        int width = factor * factor * size;
        FloatArray out = new FloatArray(tokens * width);
        IntArray step = Device.step(tokens);

        Device.run(KernelCall.of(
                "Vision.mergePatches",
                bucket -> Elements.grid(tokens + 1, width),
                Vision::mergePatches,
                step,
                out,
                encoded,
                grid,
                factor,
                size));

        int at = 0;
        for (int tile = 0; tile < 2; tile++) {
            for (int token = 0; token < perSide * perSide; token++) {
                for (int part = 0; part < factor * factor; part++) {
                    int y = token / perSide * factor + part / factor;
                    int x = token % perSide * factor + part % factor;
                    for (int i = 0; i < size; i++) {
                        float expected = (tile * tileRows + y * grid + x) * size + i;
                        assertThat(out.get(at++)).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void rowsOfLogitsAreGathered() {
        FloatArray hidden = ExpertsTest.floats(new Random(4), 5 * 70, 1);
        FloatArray out = new FloatArray(2 * 70);
        IntArray step = Device.step(2);
        IntArray places = new IntArray(2 * Step.PLACE);
        places.set(Step.LOGIT_TOKEN, 3);
        places.set(Step.PLACE + Step.LOGIT_TOKEN, 1);

        Device.run(KernelCall.of(
                "Elements.gatherLogitRows",
                bucket -> Elements.grid(3, 70),
                Elements::gatherLogitRows,
                step,
                places,
                out,
                hidden,
                70));

        for (int i = 0; i < 70; i++) {
            assertThat(out.get(i)).isEqualTo(hidden.get(3 * 70 + i));
            assertThat(out.get(70 + i)).isEqualTo(hidden.get(70 + i));
        }
    }
}
