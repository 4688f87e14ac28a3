package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch;
import dev.herd.model.DeviceLlama4;
import dev.herd.model.KvLayout;
import dev.herd.model.vision.DeviceVisionEncoder;
import dev.herd.model.vision.Tile;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Runs a checkpoint's decoder on a device, and its vision tower, if it has one, there or on the processor. */
public final class DeviceModelRunner implements ModelRunner {
    private final ModelConfig config;
    private final KvLayout layout;
    private final int blockCount;
    private final int maxBatchTokens;
    private final DeviceLlama4 model;
    private final Optional<ImageEncoder> encoder;
    private final String description;
    private final String identity;
    private Optional<String> towerRefusal = Optional.empty();

    /** Where the vision tower of a checkpoint runs that has one. */
    public sealed interface TowerPlace {
        /**
         * On the device, beside the decoder.
         *
         * @param otherwise where it runs if the device does not take it; empty if then nothing runs
         */
        record OnDevice(Optional<OnCpu> otherwise) implements TowerPlace {
            /** There or nowhere. */
            public OnDevice() {
                this(Optional.empty());
            }
        }

        /** On the processor. */
        record OnCpu(Kernels kernels, int threads) implements TowerPlace {}
    }

    /**
     * The checkpoint stays its owner's to close, after this runner.
     *
     * @throws IllegalStateException if the device cannot run it; the message says why
     */
    public DeviceModelRunner(
            Checkpoint checkpoint,
            Device device,
            TowerPlace place,
            CpuModelRunner.Limits limits,
            int sequences,
            int contextLength) {
        this.config = checkpoint.config();
        this.layout = KvLayout.of(config, limits.blockSize(), limits.kvType());
        this.blockCount = (int) Math.min(Integer.MAX_VALUE - 8, limits.kvBytes() / layout.blockBytes());
        this.maxBatchTokens = limits.maxBatchTokens();
        long start = System.nanoTime();
        Decoder decoder = DeviceLlama4.describe(
                config,
                checkpoint.weights(),
                layout,
                blockCount,
                maxBatchTokens,
                sequences,
                contextLength,
                checkpoint.vision().isPresent());
        device.refusal(decoder).ifPresent(refusal -> {
            throw new IllegalStateException("the device cannot run this model: " + refusal);
        });
        LoadedDecoder loaded = device.load(decoder);
        this.model = new DeviceLlama4(config, checkpoint.weights(), loaded, maxBatchTokens);
        try {
            this.encoder = checkpoint.vision().map(tower -> encoder(tower, device, place));
        } catch (RuntimeException | Error failure) {
            model.close();
            throw failure;
        }
        String tower =
                encoder.map(encoded -> "; vision tower " + encoded.place()).orElse("");
        this.identity = describe(device.facts()) + tower;
        this.description = describe(device.facts()) + ", " + loaded.kernels() + ", ready in "
                + String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - start) / 1e9) + tower;
    }

    private ImageEncoder encoder(VisionTower tower, Device device, TowerPlace place) {
        return switch (place) {
            case TowerPlace.OnDevice(Optional<TowerPlace.OnCpu> otherwise) -> {
                Encoder encoder = describe(tower, maxBatchTokens);
                try {
                    yield ImageEncoder.onDevice(tower, encoder, device.load(encoder));
                } catch (IllegalStateException unusable) {
                    towerRefusal = Optional.of(String.valueOf(unusable.getMessage()));
                    yield encoder(tower, device, otherwise.orElseThrow(() -> unusable));
                }
            }
            case TowerPlace.OnCpu(Kernels kernels, int threads) ->
                ImageEncoder.onCpu(tower, kernels, threads, CpuModelRunner.tilesOf(maxBatchTokens));
        };
    }

    /** Why the device did not take the vision tower that was to be there; empty if it did, or if none was. */
    public Optional<String> towerRefusal() {
        return towerRefusal;
    }

    /** A tower as a device would be told of it, if the largest batch of text has {@code maxBatchTokens}. */
    public static Encoder describe(VisionTower tower, int maxBatchTokens) {
        return DeviceVisionEncoder.describe(tower, CpuModelRunner.tilesOf(maxBatchTokens));
    }

    private static String describe(Device.Facts facts) {
        return facts.backend() + " on " + facts.name() + ", driver " + facts.driver() + ", "
                + String.format(Locale.ROOT, "%.1f GiB", facts.memoryBytes() / (double) (1L << 30));
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public KvLayout kvLayout() {
        return layout;
    }

    @Override
    public int blockCount() {
        return blockCount;
    }

    @Override
    public int maxBatchTokens() {
        return maxBatchTokens;
    }

    @Override
    public Floats run(Batch batch) {
        Logits logits = model.forward(batch);
        int rows = batch.logitRows();
        logits.fetch(IntStream.range(0, rows).toArray());
        if (rows == 1) {
            return logits.row(0);
        }
        int size = config.vocabularySize();
        Floats all = Floats.allocate(Arena.ofAuto(), (long) rows * size);
        for (int row = 0; row < rows; row++) {
            all.copyFrom((long) row * size, logits.row(row), 0, size);
        }
        return all;
    }

    @Override
    public Logits start(Batch batch) {
        return model.forward(batch);
    }

    @Override
    public Optional<VisionConfig> vision() {
        return encoder.map(ImageEncoder::config);
    }

    @Override
    public int maxBatchTiles() {
        return encoder.map(ImageEncoder::maxBatchTiles).orElse(0);
    }

    @Override
    public Floats encode(List<Tile> tiles) {
        return encoder.orElseThrow(() -> new IllegalStateException("this model has no vision tower"))
                .encode(tiles);
    }

    @Override
    public boolean encodesOnDevice() {
        return encoder.map(ImageEncoder::isOnDevice).orElse(false);
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public void close() {
        try {
            model.close();
        } finally {
            encoder.ifPresent(ImageEncoder::close);
        }
    }
}
