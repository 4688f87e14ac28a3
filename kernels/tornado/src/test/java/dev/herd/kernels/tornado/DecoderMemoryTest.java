package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Device.Facts;
import dev.herd.kernels.device.LoadedDecoder;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What a decoder takes of a device's memory is known before it is brought there, and what does not fit is refused with numbers. */
final class DecoderMemoryTest {
    private static final int HIDDEN = 64;
    private static final int FFN = 96;
    private static final int VOCABULARY = 50;
    private static final int HEADS = 4;
    private static final int HEAD_SIZE = 32;
    private static final long MEMORY = 1 << 30;
    private static final long HEADER = TornadoNativeArray.ARRAY_HEADER;

    /** What a device takes is counted where it is emulated. */
    @ParameterizedTest(name = "matrix units and dp4a {0}, pictures {1}, {2} experts, {3} tokens")
    @CsvSource({"false, false, 0, 3", "true, true, 4, 20"})
    void bytesAreThoseThatItTakes(boolean isCapable, boolean seesImages, int experts, int tokens) {
        GraphDevice device = device(MEMORY, Integer.MAX_VALUE, isCapable, Optional.of(new Recorder.Emulated()));
        Decoder decoder = decoder(tokens, seesImages, experts, 8);
        long bytes = device.bytes(decoder);

        try (LoadedDecoder loaded = device.load(decoder)) {
            if (Device.BACKEND.equals("emulator")) {
                assertThat(((GraphDecoder) loaded).plan.deviceBytes()).isEqualTo(bytes);
            }
            assertThat(device.freeBytes()).isEqualTo(MEMORY - bytes);
        }

        assertThat(device.freeBytes()).isEqualTo(MEMORY);
    }

    /** Three buckets of few tokens: a layer is 11 kernels, an end 5, a fetch 1. */
    @Test
    void recordingsTakeMemoryForEachKernel() {
        Decoder decoder = decoder(4, false, 0, 8);
        long without =
                device(MEMORY, Integer.MAX_VALUE, false, Optional.empty()).bytes(decoder);
        long with = device(MEMORY, Integer.MAX_VALUE, false, Optional.of(new Costly()))
                .bytes(decoder);

        int bodies = 3 * (1 + 11);
        int ends = 3 * (5 + 1);
        assertThat(with - without).isEqualTo(1000L * (bodies + ends));
    }

    /** Of few tokens the cache is the largest array, of many what is computed. */
    @Test
    void anArrayThatTheDeviceDoesNotHaveIsNamedWithItsSize() {
        long cache = HEADER + 4L * 100_000 * 2 * HEADS * 16 * HEAD_SIZE;
        assertThat(refusal(1 << 20, decoder(3, false, 0, 100_000)))
                .hasValue("it needs an array of " + cache + " bytes, but paper has arrays of 1048576 at most");
        long wide = HEADER + 4L * 5000 * HEADS * (HEAD_SIZE + 2);
        assertThat(refusal(1 << 20, decoder(5000, false, 0, 8)))
                .hasValue("it needs an array of " + wide + " bytes, but paper has arrays of 1048576 at most");
        assertThat(refusal(wide, decoder(5000, false, 0, 8))).isEmpty();
        assertThat(refusal(wide - 1, decoder(5000, false, 0, 8))).isPresent();
    }

    /** One more and the array of a layer would be refused, and one less would be a waste. */
    @Test
    void thereAreAsManyBlocksAsAnArrayHolds() {
        KvShape shape = new KvShape(HEADS, HEAD_SIZE, 16, TensorType.F32);
        GraphDevice device = device(MEMORY, 1 << 20, false, Optional.empty());

        long most = device.mostKvBlocks(shape);

        assertThat(most).isEqualTo((1 << 20) / (4L * 2 * HEADS * 16 * HEAD_SIZE) - 1); // for the header
        assertThat(device.refusal(decoder(3, false, 0, (int) most))).isEmpty();
        assertThat(device.refusal(decoder(3, false, 0, (int) most + 1))).isPresent();
    }

    /** Elements of an array are numbered by ints, however much memory there is. */
    @Test
    void noArrayHasMoreElementsThanThereAreNumbers() {
        Decoder decoder = decoder(20_000_000, false, 0, 8);

        assertThat(refusal(Long.MAX_VALUE, decoder))
                .hasValueSatisfying(text -> assertThat(text).endsWith(" has arrays of 8589934604 at most"));
        assertThat(device(MEMORY, Long.MAX_VALUE, true, Optional.empty()).bytes(decoder))
                .isGreaterThan(8589934604L);
    }

    @Test
    void whatDoesNotFitBesideWhatIsThereIsRefusedWithNumbers() {
        Decoder decoder = decoder(3, false, 0, 8);
        long bytes = device(MEMORY, Integer.MAX_VALUE, false, Optional.empty()).bytes(decoder);
        GraphDevice device = device(2 * bytes - 1, Integer.MAX_VALUE, false, Optional.empty());

        try (LoadedDecoder first = device.load(decoder)) {
            assertThatThrownBy(() -> device.load(decoder))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the decoder needs " + bytes + " bytes, but paper has " + (bytes - 1) + " of its "
                            + (2 * bytes - 1) + " left");
            assertThat(device.freeBytes()).isEqualTo(bytes - 1);
            assertThat(first.kernels()).contains("kernels");
        }
        device.load(decoder).close();
    }

    /** A driver can have less than it says. */
    @Test
    void whatTheDriverRefusesIsToldWithNumbersAndTakesNothing() {
        Decoder decoder = decoder(3, false, 0, 8);
        GraphDevice device = device(MEMORY, Integer.MAX_VALUE, false, Optional.of(new Costly()));
        long bytes = device.bytes(decoder);

        assertThatThrownBy(() -> device.load(decoder))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the device does not take the decoder, which needs " + bytes + " of its " + MEMORY
                        + " bytes of memory: it is of paper");
        assertThat(device.freeBytes()).isEqualTo(MEMORY);
    }

    private static Optional<String> refusal(long maxArrayBytes, Decoder decoder) {
        return device(MEMORY, maxArrayBytes, false, Optional.empty()).refusal(decoder);
    }

    private static GraphDevice device(long memory, long maxArrayBytes, boolean isCapable, Optional<Recorder> recorder) {
        return new GraphDevice(
                new Facts("script", "paper", "1", memory),
                maxArrayBytes,
                Device.BACKEND.equals("emulator")
                        ? new KernelLibrary.Java(isCapable ? Capabilities.ALL : Capabilities.NONE)
                        : Device.DEVICE.library(),
                recorder,
                line -> {});
    }

    /** A layer, dense or a mixture. */
    static Decoder decoder(int maxTokens, boolean seesImages, int experts, int blocks) {
        KvShape shape = new KvShape(HEADS, HEAD_SIZE, 16, TensorType.F32);
        return decoder(maxTokens, seesImages, experts, blocks, HEADS, shape);
    }

    static Decoder decoder(int maxTokens, boolean seesImages, int experts, int blocks, int heads, KvShape shape) {
        Decoder.Ffn ffn = new Decoder.Ffn(matrix(FFN, HIDDEN), matrix(FFN, HIDDEN), matrix(HIDDEN, FFN));
        int width = heads * shape.headSize();
        int kvWidth = shape.kvHeadCount() * shape.headSize();
        Decoder.Layer layer = new Decoder.Layer(
                true,
                0,
                0,
                floats(HIDDEN),
                matrix(width, HIDDEN),
                matrix(kvWidth, HIDDEN),
                matrix(kvWidth, HIDDEN),
                matrix(HIDDEN, width),
                floats(HIDDEN),
                ffn,
                experts == 0 ? null : new Decoder.Experts(matrix(experts, HIDDEN), Collections.nCopies(experts, ffn)));
        return new Decoder(
                new Decoder.Sizes(
                        HIDDEN, VOCABULARY, heads, experts, Math.min(experts, 1), 1e-5f, true, maxTokens, seesImages),
                new Decoder.Cache(shape, 1, 1, 1, blocks, 8),
                matrix(VOCABULARY, HIDDEN),
                floats(HIDDEN),
                matrix(VOCABULARY, HIDDEN),
                List.of(layer));
    }

    private static WeightMatrix matrix(int rows, int columns) {
        TensorType type = TensorType.Q8_0;
        return new WeightMatrix.RowMajor(
                type, Arena.ofAuto().allocate(type.bytes((long) rows * columns)), rows, columns);
    }

    private static Floats floats(int size) {
        return Floats.copyOf(new float[size]);
    }

    /** Wants 1000 bytes for each kernel, and does not do anything. */
    private static final class Costly implements Recorder {
        @Override
        public void lock(TornadoNativeArray array) {}

        @Override
        public void unlock(TornadoNativeArray array) {}

        @Override
        public void run(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
            throw new IllegalStateException("it is of paper");
        }

        @Override
        public Recording record(TornadoExecutionPlan plan, Runnable graphs) {
            throw new IllegalStateException("it is of paper");
        }

        @Override
        public long bytesPerKernel() {
            return 1000;
        }
    }
}
