package dev.herd.model.vision;

import java.util.Objects;

/**
 * One tile of a picture.
 *
 * @param picture the tiles it is one of
 * @param index which of them
 */
public record Tile(PixelTiles picture, int index) {
    public Tile {
        Objects.checkIndex(index, picture.count());
    }
}
