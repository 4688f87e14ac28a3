package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.Workers;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedEncoder;
import dev.herd.model.vision.DeviceVisionEncoder;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.TileEncoder;
import dev.herd.model.vision.VisionEncoder;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.util.List;

/** The vision tower beside a decoder that runs on a device: there as well, or on the processor with threads of its own. */
final class ImageEncoder implements AutoCloseable {
    private final VisionConfig config;
    private final TileEncoder encoder;
    private final int maxBatchTiles;
    private final String place;
    private final boolean isOnDevice;
    private final Runnable whenClosed;

    private ImageEncoder(
            VisionConfig config,
            TileEncoder encoder,
            int maxBatchTiles,
            String place,
            boolean isOnDevice,
            Runnable whenClosed) {
        this.config = config;
        this.encoder = encoder;
        this.maxBatchTiles = maxBatchTiles;
        this.place = place;
        this.isOnDevice = isOnDevice;
        this.whenClosed = whenClosed;
    }

    static ImageEncoder onCpu(VisionTower tower, Kernels kernels, int threads, int maxBatchTiles) {
        Workers workers = new Workers(threads);
        VisionEncoder encoder = new VisionEncoder(tower, kernels, workers, maxBatchTiles);
        return new ImageEncoder(
                tower.config(), encoder, maxBatchTiles, "on the cpu, " + kernels.description(), false, workers::close);
    }

    /** @param loaded what a device made of {@code encoder} */
    static ImageEncoder onDevice(VisionTower tower, Encoder encoder, LoadedEncoder loaded) {
        int maxBatchTiles = encoder.sizes().maxTiles();
        return new ImageEncoder(
                tower.config(),
                new DeviceVisionEncoder(tower.config(), loaded, maxBatchTiles),
                maxBatchTiles,
                "on the device",
                true,
                () -> {});
    }

    VisionConfig config() {
        return config;
    }

    int maxBatchTiles() {
        return maxBatchTiles;
    }

    /** Where it runs, for the log. */
    String place() {
        return place;
    }

    /** Whether that is a device. */
    boolean isOnDevice() {
        return isOnDevice;
    }

    Floats encode(List<Tile> tiles) {
        return encoder.encode(tiles);
    }

    @Override
    public void close() {
        whenClosed.run();
        encoder.close();
    }
}
