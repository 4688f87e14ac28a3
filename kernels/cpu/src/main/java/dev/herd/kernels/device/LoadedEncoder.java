package dev.herd.kernels.device;

import dev.herd.kernels.Floats;
import java.util.List;

/** A vision encoder on a device. Used by one thread at a time. */
public interface LoadedEncoder extends AutoCloseable {
    /**
     * Encodes tiles.
     *
     * @param tiles at least one, no more than the largest batch
     * @return {@code [tiles.size() * tokensPerTile, textSize]}, valid until the next call
     * @throws DeviceLostException if the device no longer answers; every later call will fail, too
     */
    Floats encode(List<Encoder.Tile> tiles);

    @Override
    void close();
}
