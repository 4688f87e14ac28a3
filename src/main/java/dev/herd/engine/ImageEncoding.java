package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.Tile;
import org.jspecify.annotations.Nullable;

/** A picture on its way through the vision tower, or at its end. Used by the engine's thread only. */
final class ImageEncoding {
    private final PromptImage.Key key;
    private final int tileCount;
    private final int tokensPerTile;
    private final float[] rows; // [tileCount * tokensPerTile, hiddenSize]
    private PromptImage.@Nullable PixelSource source;
    private @Nullable PixelTiles pixels;
    private int startedTiles;
    private int encodedTiles;
    private int users;

    /** @param tileValues elements that one tile is encoded to */
    ImageEncoding(PromptImage image, int tokensPerTile, int tileValues) {
        this.key = image.key();
        this.tileCount = image.tileCount();
        this.tokensPerTile = tokensPerTile;
        this.rows = new float[Math.multiplyExact(tileCount, tileValues)];
        this.source = image.pixels();
    }

    PromptImage.Key key() {
        return key;
    }

    int tileCount() {
        return tileCount;
    }

    /** Bytes that it holds when it is complete. */
    long bytes() {
        return (long) rows.length * Float.BYTES;
    }

    boolean isComplete() {
        return encodedTiles == tileCount;
    }

    /** Whether every tile has been given out by {@link #nextTile}. */
    boolean isStarted() {
        return startedTiles == tileCount;
    }

    /** Image tokens that can be computed with. */
    int readyTokens() {
        return encodedTiles * tokensPerTile;
    }

    /** {@code [imageTokens, hiddenSize]}; valid up to {@link #readyTokens}. */
    float[] rows() {
        return rows;
    }

    /** Counts another sequence that waits for it or computes with it. */
    void join() {
        users++;
    }

    /** Counts a sequence less. */
    void leave() {
        users--;
    }

    boolean isUsed() {
        return users > 0;
    }

    /**
     * The next tile to be encoded; the source is asked for the first one.
     *
     * @throws IllegalArgumentException if the source supplies other tiles than announced
     */
    Tile nextTile() {
        if (source != null) {
            PixelTiles supplied = source.tiles();
            source = null;
            if (supplied.count() != tileCount) {
                throw new IllegalArgumentException(
                        "a picture was announced with " + tileCount + " tiles, but supplied " + supplied.count());
            }
            pixels = supplied;
        }
        if (pixels == null) {
            throw new IllegalStateException("the pixels of a picture are gone");
        }
        return new Tile(pixels, startedTiles++);
    }

    /** Takes the next tile's rows over from {@code encoded}, where they start at {@code from}. */
    void complete(Floats encoded, long from) {
        int tileValues = rows.length / tileCount;
        encoded.read(from, rows, encodedTiles * tileValues, tileValues);
        encodedTiles++;
        if (isComplete()) {
            pixels = null;
        }
    }
}
