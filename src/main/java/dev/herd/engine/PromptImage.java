package dev.herd.engine;

import dev.herd.model.vision.PixelTiles;
import java.util.List;

/**
 * A picture in a prompt: the tokens it stands for, and where its pixels come from.
 *
 * @param key what the encoded picture is remembered by
 * @param runs the placeholder tokens, in the order in which the tiles' image tokens replace their embeddings; together
 *     exactly as many as the tiles have
 * @param tileCount tiles that {@code pixels} supplies
 * @param pixels the tiles; not asked if the encoded picture is remembered
 */
public record PromptImage(Key key, List<Run> runs, int tileCount, PixelSource pixels) {
    public PromptImage {
        runs = List.copyOf(runs);
        if (tileCount < 1) {
            throw new IllegalArgumentException("a picture must have at least one tile, not " + tileCount);
        }
    }

    /** Number of placeholder tokens. */
    public int tokenCount() {
        int count = 0;
        for (Run run : runs) {
            count = Math.addExact(count, run.length());
        }
        return count;
    }

    /**
     * What makes two pictures the same. The engine only compares keys; pictures of different scopes are never the same.
     *
     * @param scope whose pictures may be remembered for each other, such as a tenant
     * @param content a hash of the file and of how it was cut into tiles
     */
    public record Key(String scope, String content) {}

    /**
     * Consecutive placeholder tokens.
     *
     * @param position index of the first in the prompt
     * @param length how many, at least one
     */
    public record Run(int position, int length) {
        public Run {
            if (position < 0 || length < 1) {
                throw new IllegalArgumentException(
                        "a run of placeholder tokens cannot have " + length + " from position " + position);
            }
        }
    }

    /** A source of tiles. */
    @FunctionalInterface
    public interface PixelSource {
        /**
         * The tiles. Called at most once, on the engine's thread, while every other request waits: a file should have been
         * decoded before; to cut it into tiles may be left to here. What it throws ends the request.
         */
        PixelTiles tiles();
    }
}
