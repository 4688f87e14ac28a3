package dev.herd.model.vision;

import java.util.List;

/**
 * What an encoder takes at once.
 *
 * @param maxTiles tiles of the largest batch
 * @param tileSize pixels per side of a tile
 */
record TileLimits(int maxTiles, int tileSize) {
    /** @throws IllegalArgumentException if these tiles are too many, none, or of another size */
    void check(List<Tile> tiles) {
        if (tiles.isEmpty() || tiles.size() > maxTiles) {
            throw new IllegalArgumentException("a batch of " + tiles.size() + " tiles, not 1 to " + maxTiles);
        }
        for (Tile tile : tiles) {
            if (tile.picture().size() != tileSize) {
                throw new IllegalArgumentException(
                        "a tile has " + tile.picture().size() + " pixels per side, but the model's have " + tileSize);
            }
        }
    }
}
