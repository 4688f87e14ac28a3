package dev.herd.cli;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.TileLayout;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.weights.VisionConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The pictures of one prompt: their tokens (llama4.md 4.2), and what stands in for the embeddings of these. */
final class ImagePrompt {
    /** Where a picture stands in a text. */
    static final String PLACE = "<|image|>";

    private static final String PLACEHOLDER = "<|patch|>";

    private final VisionConfig vision;
    private final Tokenizer tokenizer;
    private final List<RgbImage> images;
    private final List<TileLayout> layouts = new ArrayList<>();

    /** At least one picture for a model that sees them. */
    ImagePrompt(List<RgbImage> images, VisionConfig vision, Tokenizer tokenizer) {
        this.images = images;
        this.vision = vision;
        this.tokenizer = tokenizer;
        for (RgbImage image : images) {
            layouts.add(TileLayout.of(image.width(), image.height(), vision.tileSize(), TileLayout.MAX_TILES));
        }
    }

    /** {@code text} as ordinary text, with the pictures where it says {@value #PLACE}, or before it if it never does. */
    int[] encode(String text) {
        List<String> parts = new ArrayList<>(List.of(text.split(Pattern.quote(PLACE), -1)));
        if (parts.size() == 1) {
            parts.addAll(0, Collections.nCopies(images.size(), ""));
        }
        if (parts.size() - 1 != images.size()) {
            throw new CommandException("the text has " + (parts.size() - 1) + " places for pictures (" + PLACE
                    + "), but there are " + images.size() + " pictures");
        }
        IntStream.Builder ids = IntStream.builder();
        for (int part = 0; part < parts.size(); part++) {
            if (part > 0) {
                addImage(ids, layouts.get(part - 1));
            }
            for (int id : tokenizer.encode(parts.get(part))) {
                ids.add(id);
            }
        }
        return ids.build().toArray();
    }

    private void addImage(IntStream.Builder ids, TileLayout layout) {
        ids.add(special("<|image_start|>"));
        if (layout.hasGlobalTile()) {
            for (int row = 0; row < layout.rows(); row++) {
                for (int column = 0; column < layout.columns(); column++) {
                    addTile(ids);
                    ids.add(special(column < layout.columns() - 1 ? "<|tile_x_separator|>" : "<|tile_y_separator|>"));
                }
            }
        }
        ids.add(special(PLACE));
        addTile(ids);
        ids.add(special("<|image_end|>"));
    }

    private void addTile(IntStream.Builder ids) {
        int placeholder = special(PLACEHOLDER);
        for (int token = 0; token < vision.tokensPerTile(); token++) {
            ids.add(placeholder);
        }
    }

    private int special(String name) {
        return tokenizer
                .special(name)
                .orElseThrow(() -> new CommandException("the model's tokenizer has no special token " + name));
    }

    /**
     * Encodes the pictures.
     *
     * @param tokens the prompt, with as many placeholders as the pictures have image tokens
     * @return per placeholder, in order, where it stands and what stands in for it
     */
    List<ImageEmbedding> embeddings(int[] tokens, ModelRunner runner, Progress progress) {
        int placeholder = special(PLACEHOLDER);
        int[] positions = IntStream.range(0, tokens.length)
                .filter(position -> tokens[position] == placeholder)
                .toArray();
        int needed = layouts.stream()
                .mapToInt(layout -> layout.imageTokens(vision.tokensPerTile()))
                .reduce(0, Math::addExact);
        if (positions.length != needed) {
            throw new CommandException("the prompt has " + positions.length + " placeholders (" + PLACEHOLDER
                    + "), but the pictures are " + needed + " image tokens");
        }
        List<ImageEmbedding> embeddings = new ArrayList<>();
        for (int image = 0; image < images.size(); image++) {
            progress.show("Looking at the pictures", image, images.size());
            for (float[] tile : encode(ImageTiler.tiles(images.get(image), layouts.get(image)), runner)) {
                for (int token = 0; token < vision.tokensPerTile(); token++) {
                    embeddings.add(new ImageEmbedding(positions[embeddings.size()], 1, tile, token));
                }
            }
        }
        return embeddings;
    }

    /** Per tile {@code [tokensPerTile, hiddenSize]}. */
    private List<float[]> encode(PixelTiles picture, ModelRunner runner) {
        int tileValues =
                Math.multiplyExact(vision.tokensPerTile(), runner.config().hiddenSize());
        List<float[]> encoded = new ArrayList<>();
        while (encoded.size() < picture.count()) {
            int count = Math.min(runner.maxBatchTiles(), picture.count() - encoded.size());
            List<Tile> batch = IntStream.range(encoded.size(), encoded.size() + count)
                    .mapToObj(tile -> new Tile(picture, tile))
                    .toList();
            Floats rows = runner.encode(batch);
            for (int tile = 0; tile < count; tile++) {
                encoded.add(rows.toArray((long) tile * tileValues, tileValues));
            }
        }
        return encoded;
    }

    /** Those of {@code embeddings} that stand at positions {@code [from, to)}, counted from there. */
    static List<ImageEmbedding> within(List<ImageEmbedding> embeddings, int from, int to) {
        return embeddings.stream()
                .filter(image -> image.offset() >= from && image.offset() < to)
                .map(image -> new ImageEmbedding(image.offset() - from, 1, image.rows(), image.firstRow()))
                .toList();
    }
}
