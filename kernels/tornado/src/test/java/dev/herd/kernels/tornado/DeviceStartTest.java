package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.device.Device.Facts;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.LoadedEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What a start tells, and what ends it: TornadoVM prints the errors of CUDA's driver and goes on. */
final class DeviceStartTest {
    private static final long MEMORY = 1 << 30;

    @Test
    void aDeviceThatGivesNoAnswerEndsTheStart() {
        GraphDevice device = device(Optional.of(new Deaf()));

        assertThatThrownBy(() -> device.load(DecoderMemoryTest.decoder(3, false, 0, 8)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the device does not take the decoder, which needs ")
                .hasMessageEndingWith(": it gave no results; the driver's error is on standard output");
        assertThatThrownBy(() -> device.load(EncoderMemoryTest.encoder(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the device does not take the vision encoder, which needs ")
                .hasMessageEndingWith(": it gave no results; the driver's error is on standard output");
        assertThat(device.freeBytes()).isEqualTo(MEMORY);
    }

    @Test
    void oneThatAnswersIsReady() {
        GraphDevice device = device(Optional.of(new Recorder.Emulated()));

        LoadedDecoder decoder = device.load(DecoderMemoryTest.decoder(3, false, 0, 8));
        LoadedEncoder encoder = device.load(EncoderMemoryTest.encoder(1));

        assertThat(device.freeBytes()).isLessThan(MEMORY);
        encoder.close();
        decoder.close();
        assertThat(device.freeBytes()).isEqualTo(MEMORY);
    }

    @Test
    void aLongUploadIsToldAFewTimes() {
        List<String> lines = new ArrayList<>();
        Upload upload = new Upload("layers", 10, lines::add);

        for (int layer = 0; layer < 10; layer++) {
            upload.add(1L << 28);
        }

        assertThat(lines)
                .satisfiesExactly(
                        line -> assertThat(line).matches("5 of 10 layers on the device, [\\d.]+ GB/s"),
                        line -> assertThat(line).startsWith("8 of 10 layers"),
                        line -> assertThat(line).startsWith("10 of 10 layers"));
    }

    @Test
    void aShortOneIsNot() {
        List<String> lines = new ArrayList<>();
        Upload upload = new Upload("layers", 4, lines::add);

        for (int layer = 0; layer < 4; layer++) {
            upload.add(1000);
        }

        assertThat(lines).isEmpty();
    }

    private static GraphDevice device(Optional<Recorder> recorder) {
        return new GraphDevice(
                new Facts("script", "paper", "1", MEMORY),
                Integer.MAX_VALUE,
                Device.DEVICE.library(),
                recorder,
                line -> {});
    }

    /** Records, and does nothing of it again. */
    private static final class Deaf implements Recorder {
        private final Recorder able = new Recorder.Emulated();

        @Override
        public void lock(TornadoNativeArray array) {}

        @Override
        public void unlock(TornadoNativeArray array) {}

        @Override
        public void run(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
            able.run(plan, graph, grids);
        }

        @Override
        public Recording record(TornadoExecutionPlan plan, Runnable graphs) {
            able.record(plan, graphs).close();
            return new Recording() {
                @Override
                public void repeat() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public long bytesPerKernel() {
            return 0;
        }
    }
}
