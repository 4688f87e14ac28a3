package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.Workers;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.VisionEncoder;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.util.List;

/** A vision tower on the processor, with threads of its own. */
final class ImageEncoder implements AutoCloseable {
    private final VisionConfig config;
    private final Workers workers;
    private final VisionEncoder encoder;
    private final int maxBatchTiles;

    ImageEncoder(VisionTower tower, Kernels kernels, int threads, int maxBatchTokens) {
        config = tower.config();
        workers = new Workers(threads);
        maxBatchTiles = CpuModelRunner.tilesOf(maxBatchTokens);
        encoder = new VisionEncoder(tower, kernels, workers, maxBatchTiles);
    }

    VisionConfig config() {
        return config;
    }

    int maxBatchTiles() {
        return maxBatchTiles;
    }

    Floats encode(List<Tile> tiles) {
        return encoder.encode(tiles);
    }

    @Override
    public void close() {
        workers.close();
        encoder.close();
    }
}
