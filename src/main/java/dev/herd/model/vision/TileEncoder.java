package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import java.util.List;

/** A vision tower with adapter and projector, wherever it runs. Used by one thread at a time. */
public interface TileEncoder extends AutoCloseable {
    /**
     * Encodes tiles, of one picture or of several.
     *
     * @param tiles at least one, no more than the largest batch
     * @return {@code [tiles.size() * tokensPerTile, ModelConfig.hiddenSize]}, valid until the next call
     */
    Floats encode(List<Tile> tiles);

    @Override
    void close();
}
