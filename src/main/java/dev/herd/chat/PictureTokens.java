package dev.herd.chat;

import dev.herd.chat.Message.Picture;
import dev.herd.tokenizer.Tokenizer;
import java.util.stream.IntStream;

/**
 * How a picture stands in a prompt (llama4.md 4.2): between its begin and its end the placeholders of its tiles row by row,
 * separated, then {@code <|image|>} and the placeholders of the tile that shows it whole. Only these placeholders are
 * {@code <|patch|>} in a prompt, so that they can be found in it. Immutable.
 */
public final class PictureTokens {
    private final int imageStart;
    private final int imageEnd;
    private final int columnSeparator;
    private final int rowEnd;
    private final int image;
    private final int patch;
    private final int tokensPerTile;

    /**
     * The tokens in the ids of {@code tokenizer}.
     *
     * @param tokensPerTile placeholders of one tile
     * @throws IllegalArgumentException if the vocabulary lacks one of them; the message names it
     */
    public PictureTokens(Tokenizer tokenizer, int tokensPerTile) {
        this.imageStart = special(tokenizer, "<|image_start|>");
        this.imageEnd = special(tokenizer, "<|image_end|>");
        this.columnSeparator = special(tokenizer, "<|tile_x_separator|>");
        this.rowEnd = special(tokenizer, "<|tile_y_separator|>");
        this.image = special(tokenizer, "<|image|>");
        this.patch = special(tokenizer, "<|patch|>");
        this.tokensPerTile = tokensPerTile;
    }

    /** Id of the placeholders. */
    public int patch() {
        return patch;
    }

    /** Placeholders of one tile. */
    public int tokensPerTile() {
        return tokensPerTile;
    }

    /** Appends a picture. */
    public void add(IntStream.Builder ids, Picture picture) {
        ids.add(imageStart);
        if (picture.rows() > 1 || picture.columns() > 1) {
            for (int row = 0; row < picture.rows(); row++) {
                for (int column = 0; column < picture.columns(); column++) {
                    addTile(ids);
                    ids.add(column < picture.columns() - 1 ? columnSeparator : rowEnd);
                }
            }
        }
        ids.add(image);
        addTile(ids);
        ids.add(imageEnd);
    }

    private void addTile(IntStream.Builder ids) {
        for (int token = 0; token < tokensPerTile; token++) {
            ids.add(patch);
        }
    }

    private static int special(Tokenizer tokenizer, String name) {
        return tokenizer
                .special(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "The vocabulary lacks the special token " + name + ", which pictures need."));
    }
}
