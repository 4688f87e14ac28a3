package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Device.Facts;
import dev.herd.kernels.device.Encoder;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an encoder takes of a device's memory, and what it may not take at once. */
final class EncoderMemoryTest {
    private static final int GRID = 4;
    private static final int PATCH = 3;
    private static final int HIDDEN = 8;
    private static final int FFN = 40;
    private static final int OUTPUT = 12;
    private static final int TEXT = 20;
    private static final int ROWS = GRID * GRID + 1;
    private static final int HEADER = 16;

    /** Two tiles: pixels, counts, rotations; the arrays of the kernels; embeddings. */
    private static final long BUFFER_FLOATS = 2 * 3 * GRID * GRID * PATCH * PATCH
            + Step.SIZE
            + ROWS * 4
            + 2 * ROWS * (5 * HIDDEN + FFN)
            + 2 * 4 * (2 * OUTPUT + TEXT);

    /** A range behind each matrix. */
    private static final long LAYER_FLOATS =
            4 * (HIDDEN * HIDDEN + HIDDEN) + 4 * HIDDEN + 2 * HIDDEN * FFN + FFN + HIDDEN + 6;

    private static final long END_FLOATS = HIDDEN * 3 * PATCH * PATCH
            + HIDDEN
            + ROWS * HIDDEN
            + 4 * HIDDEN
            + OUTPUT * 4 * HIDDEN
            + OUTPUT * OUTPUT
            + TEXT * OUTPUT
            + 4;

    @Test
    void bytesAreThoseOfAllWeightsAndBuffers() {
        long arrays = 12 + 3 * 16 + 10;
        long reservation = 8 * (4 * Step.SIZE + HEADER); // counts go to each of its graphs

        assertThat(device(1 << 20).bytes(encoder(3)))
                .isEqualTo(4 * (BUFFER_FLOATS + 3 * LAYER_FLOATS + END_FLOATS) + HEADER * arrays + reservation);
    }

    @Test
    void anArrayThatTheDeviceDoesNotHaveIsNamedWithItsSize() {
        long largest = HEADER + 4L * 2 * ROWS * FFN;

        assertThat(device(largest).refusal(encoder(1))).isEmpty();
        assertThat(device(largest - 4).refusal(encoder(1)))
                .hasValue("it needs an array of 5456 bytes, but paper has arrays of 5452 at most");
    }

    private static GraphDevice device(long maxArrayBytes) {
        return new GraphDevice(
                new Facts("script", "paper", "1", 1 << 30),
                maxArrayBytes,
                new KernelLibrary.Java(Capabilities.NONE),
                Optional.empty(),
                line -> {});
    }

    static Encoder encoder(int layers) {
        return encoder(layers, 2);
    }

    static Encoder encoder(int layers, int heads) {
        Encoder.Linear square = linear(HIDDEN, HIDDEN);
        Encoder.Layer layer = new Encoder.Layer(
                norm(), square, square, square, square, norm(), linear(FFN, HIDDEN), linear(HIDDEN, FFN));
        return new Encoder(
                new Encoder.Sizes(GRID, PATCH, HIDDEN, heads, 2, 1e-5f, 2),
                matrix(HIDDEN, 3 * PATCH * PATCH),
                floats(HIDDEN),
                floats(ROWS * HIDDEN),
                floats(ROWS * HIDDEN / heads),
                norm(),
                List.of(layer, layer, layer).subList(0, layers),
                norm(),
                matrix(OUTPUT, 4 * HIDDEN),
                matrix(OUTPUT, OUTPUT),
                matrix(TEXT, OUTPUT));
    }

    private static Encoder.Norm norm() {
        return new Encoder.Norm(floats(HIDDEN), floats(HIDDEN));
    }

    private static Encoder.Linear linear(int rows, int columns) {
        return new Encoder.Linear(matrix(rows, columns), floats(rows));
    }

    private static WeightMatrix matrix(int rows, int columns) {
        return new WeightMatrix.RowMajor(TensorType.F32, Arena.ofAuto().allocate(4L * rows * columns), rows, columns);
    }

    private static Floats floats(int size) {
        return Floats.copyOf(new float[size]);
    }
}
