package dev.herd.media;

import dev.herd.model.vision.TileLayout;

/** How closely the model is to look at a picture, and so what the picture costs. */
public enum ImageDetail {
    /** One tile that shows it whole. */
    LOW,
    /** As many tiles as suit it, and one that shows it whole. */
    HIGH,
    /** Pictures as {@link #HIGH}; frames of a video as one tile each, in their own shape. */
    AUTO;

    TileLayout ofPicture(int width, int height, int tileSize) {
        return this == LOW
                ? TileLayout.globalOnly(tileSize)
                : TileLayout.of(width, height, tileSize, TileLayout.MAX_TILES);
    }

    TileLayout ofFrame(int width, int height, int tileSize) {
        return this == AUTO ? TileLayout.of(width, height, tileSize, 1) : ofPicture(width, height, tileSize);
    }
}
