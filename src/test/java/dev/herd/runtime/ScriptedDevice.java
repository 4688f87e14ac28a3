package dev.herd.runtime;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.LoadedEncoder;
import dev.herd.kernels.device.Logits;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A device without a processor: it has as much memory as the test says, says one token for ever, sees nothing in any picture,
 * and is lost after a number of steps.
 *
 * @param neededBytes what any decoder takes of the memory, without keys and values
 * @param towerBytes what any vision encoder takes of it
 * @param towerRefusal why it runs no vision encoder
 * @param takenBytes what another model takes
 * @param mostKvBlocks blocks of keys and values that its arrays hold
 * @param steps after which it is lost
 * @param token what it says
 */
public record ScriptedDevice(
        long memoryBytes,
        long neededBytes,
        long towerBytes,
        Optional<String> towerRefusal,
        long takenBytes,
        long mostKvBlocks,
        int steps,
        int token)
        implements Device {
    /** For models without a vision encoder. */
    public ScriptedDevice(long memoryBytes, long neededBytes, int steps, int token) {
        this(memoryBytes, neededBytes, 0, Optional.empty(), 0, Integer.MAX_VALUE, steps, token);
    }

    /** A provider of a device by the name {@code scripted}. */
    static DeviceProvider provider(Device device) {
        return new DeviceProvider() {
            @Override
            public String name() {
                return "scripted";
            }

            @Override
            public Optional<String> refusal() {
                return Optional.empty();
            }

            @Override
            public Device open(Optional<Path> kernelCache, Consumer<String> log) {
                return device;
            }
        };
    }

    @Override
    public Facts facts() {
        return new Facts("script", "a device of paper", "1", memoryBytes);
    }

    @Override
    public long freeBytes() {
        return memoryBytes - takenBytes;
    }

    @Override
    public Optional<String> refusal(Decoder decoder) {
        return Optional.empty();
    }

    @Override
    public Optional<String> refusal(Encoder encoder) {
        return towerRefusal;
    }

    @Override
    public long kvBytes(KvShape shape, int layers, long blocks) {
        long bytes = blocks * layers * shape.layerBytes();
        return shape.type() == TensorType.Q8_0 ? bytes / 34 * 36 : bytes;
    }

    @Override
    public long mostKvBlocks(KvShape shape) {
        return mostKvBlocks;
    }

    @Override
    public long bytes(Decoder decoder) {
        return neededBytes;
    }

    @Override
    public long bytes(Encoder encoder) {
        return towerBytes;
    }

    @Override
    public LoadedEncoder load(Encoder encoder) {
        return new Blind(encoder);
    }

    @Override
    public LoadedDecoder load(Decoder decoder) {
        return new Loaded(decoder.sizes().vocabularySize());
    }

    private record Blind(Encoder encoder) implements LoadedEncoder {
        @Override
        public Floats encode(List<Encoder.Tile> tiles) {
            long rows = (long) tiles.size() * encoder.sizes().tokensPerTile();
            return Floats.allocate(Arena.ofAuto(), rows * encoder.textSize());
        }

        @Override
        public void close() {}
    }

    private final class Loaded implements LoadedDecoder {
        private static final float CERTAIN = 30;

        private final int vocabularySize;
        private int done;

        Loaded(int vocabularySize) {
            this.vocabularySize = vocabularySize;
        }

        @Override
        public Logits run(DecoderStep step) {
            if (++done > steps) {
                throw new DeviceLostException("the device failed: it burns", new IllegalStateException("it burns"));
            }
            int rows = step.logitTokens().length;
            Floats logits = Floats.allocate(Arena.ofAuto(), (long) rows * vocabularySize);
            for (int row = 0; row < rows; row++) {
                logits.set((long) row * vocabularySize + token, CERTAIN);
            }
            return Logits.of(logits, vocabularySize);
        }

        @Override
        public String kernels() {
            return "no kernels";
        }

        @Override
        public void close() {}
    }
}
