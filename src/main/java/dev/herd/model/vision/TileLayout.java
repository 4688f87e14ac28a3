package dev.herd.model.vision;

/**
 * How a picture is cut into tiles (llama4.md 4.1): it follows from the dimensions alone, so that what a picture costs is
 * known before it is decoded.
 *
 * <p>The picture is scaled to {@code resizedWidth} by {@code resizedHeight}, keeping its shape, and laid on the top left of
 * a canvas of {@code rows} by {@code columns} tiles. If the canvas has several tiles, one more shows the whole picture,
 * squeezed into a square.
 *
 * @param tileSize pixels per side of a tile
 * @param rows rows of tiles
 * @param columns tiles per row
 * @param resizedWidth width of the picture on the canvas, in pixels
 * @param resizedHeight its height
 */
public record TileLayout(int tileSize, int rows, int columns, int resizedWidth, int resizedHeight) {
    /** Most tiles of one picture that Llama 4 was trained with. */
    public static final int MAX_TILES = 16;

    public TileLayout {
        requirePositive("tile size", tileSize);
        requirePositive("number of tile rows", rows);
        requirePositive("number of tile columns", columns);
        if (resizedWidth < 1 || resizedWidth > (long) columns * tileSize) {
            throw new IllegalArgumentException("a picture " + resizedWidth + " pixels wide does not fit " + columns
                    + " tiles of " + tileSize + " pixels");
        }
        if (resizedHeight < 1 || resizedHeight > (long) rows * tileSize) {
            throw new IllegalArgumentException("a picture " + resizedHeight + " pixels high does not fit " + rows
                    + " tiles of " + tileSize + " pixels");
        }
    }

    /**
     * The layout of a picture on the canvas that suits it best: of those that need not shrink it the one that enlarges it
     * least, else the one that shrinks it least; of equal ones the smallest.
     *
     * @param maxTiles tiles of the largest canvas, {@link #MAX_TILES} unless the picture is to cost less
     */
    public static TileLayout of(int width, int height, int tileSize, int maxTiles) {
        requirePositive("width", width);
        requirePositive("height", height);
        requirePositive("tile size", tileSize);
        requirePositive("limit on tiles", maxTiles);
        int bestRows = 1;
        int bestColumns = 1;
        for (int rows = 1; rows <= maxTiles; rows++) {
            for (int columns = 1; columns <= maxTiles / rows; columns++) {
                if (isBetter(
                        scale(width, height, tileSize, rows, columns),
                        rows * columns,
                        scale(width, height, tileSize, bestRows, bestColumns),
                        bestRows * bestColumns)) {
                    bestRows = rows;
                    bestColumns = columns;
                }
            }
        }
        return fitted(width, height, tileSize, bestRows, bestColumns);
    }

    /** The layout of a picture as one tile that shows it whole, squeezed into a square; its dimensions do not matter. */
    public static TileLayout globalOnly(int tileSize) {
        return new TileLayout(tileSize, 1, 1, tileSize, tileSize);
    }

    /** Single precision, since scales that round to the same number count as equal. */
    private static float scale(int width, int height, int tileSize, int rows, int columns) {
        return Math.min((float) (rows * tileSize) / height, (float) (columns * tileSize) / width);
    }

    private static boolean isBetter(float scale, int tiles, float bestScale, int bestTiles) {
        if (scale == bestScale) {
            return tiles < bestTiles;
        }
        if (scale >= 1 && bestScale >= 1) {
            return scale < bestScale;
        }
        return scale > bestScale;
    }

    /** A side that is shorter than a tile may grow to one, a longer one is only ever shrunk. */
    private static TileLayout fitted(int width, int height, int tileSize, int rows, int columns) {
        int mostHeight = Math.min(Math.max(height, tileSize), rows * tileSize);
        int mostWidth = Math.min(Math.max(width, tileSize), columns * tileSize);
        double scaleWidth = (double) mostWidth / width;
        double scaleHeight = (double) mostHeight / height;
        int resizedWidth = mostWidth;
        int resizedHeight = mostHeight;
        if (scaleWidth < scaleHeight) {
            resizedHeight = Math.clamp((int) Math.floor(height * scaleWidth), 1, mostHeight);
        } else {
            resizedWidth = Math.clamp((int) Math.floor(width * scaleHeight), 1, mostWidth);
        }
        return new TileLayout(tileSize, rows, columns, resizedWidth, resizedHeight);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("the " + name + " must be positive, not " + value);
        }
    }

    /** Whether a tile of the whole picture follows those of the canvas. */
    public boolean hasGlobalTile() {
        return rows > 1 || columns > 1;
    }

    /** Tiles that the model sees, the one of the whole picture included. */
    public int tileCount() {
        return rows * columns + (hasGlobalTile() ? 1 : 0);
    }

    /**
     * Tokens whose embeddings are replaced by the picture.
     *
     * @param tokensPerTile image tokens of one tile, as the model's vision configuration says
     */
    public int imageTokens(int tokensPerTile) {
        return Math.multiplyExact(tileCount(), tokensPerTile);
    }

    /**
     * Tokens that the picture takes in a prompt: the image tokens, a separator after each tile of the canvas if it has
     * several, begin, end, and the token that announces the tile of the whole picture (llama4.md 4.2).
     */
    public int promptTokens(int tokensPerTile) {
        int separators = hasGlobalTile() ? rows * columns : 0;
        return Math.addExact(imageTokens(tokensPerTile), separators + 3);
    }
}
