package dev.herd.media;

import dev.herd.engine.PromptImage;
import dev.herd.engine.PromptImage.PixelSource;
import dev.herd.engine.PromptImage.Run;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.TileLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** All that a prompt shows, in order: first what it costs, then, when that is accepted, the pixels. */
public final class PromptPictures {
    private static final int CHANNELS = 3;

    private final List<MediaInput> inputs;

    /** The pictures and videos of a prompt, in the order in which they stand in it. */
    public PromptPictures(List<MediaInput> inputs) {
        this.inputs = List.copyOf(inputs);
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return inputs.isEmpty();
    }

    /**
     * Tokens that they take in the prompt.
     *
     * @param tokensPerTile placeholders of one tile
     */
    public int promptTokens(int tokensPerTile) {
        return inputs.stream()
                .flatMap(input -> input.layouts().stream())
                .mapToInt(layout -> layout.promptTokens(tokensPerTile))
                .reduce(0, Math::addExact);
    }

    /** Bytes of the decoded tiles. */
    public long tileBytes() {
        return inputs.stream()
                .flatMap(input -> input.layouts().stream())
                .mapToLong(layout ->
                        (long) layout.tileCount() * CHANNELS * layout.tileSize() * layout.tileSize() * Float.BYTES)
                .sum();
    }

    /**
     * Decodes everything, and finds where in the prompt it stands.
     *
     * @param prompt token ids; {@code patch} is the placeholder and stands for nothing else
     * @param scope whose encoded pictures may be reused for each other
     * @throws MediaException if something cannot be decoded; it says which
     */
    public List<PromptImage> images(int[] prompt, int patch, int tokensPerTile, String scope, DecodePool pool) {
        List<PromptImage> images = new ArrayList<>();
        int position = 0;
        for (int number = 0; number < inputs.size(); number++) {
            MediaInput input = inputs.get(number);
            List<PixelTiles> decoded = decode(number, pool);
            for (int index = 0; index < decoded.size(); index++) {
                TileLayout layout = input.layouts().get(index);
                List<Run> runs = runs(prompt, position, patch, layout.tileCount(), tokensPerTile);
                position = runs.getLast().position() + tokensPerTile;
                images.add(new PromptImage(
                        new PromptImage.Key(scope, input.key(index)),
                        runs,
                        layout.tileCount(),
                        source(decoded.get(index))));
            }
        }
        return images;
    }

    private List<PixelTiles> decode(int number, DecodePool pool) {
        try {
            return inputs.get(number).decode(pool);
        } catch (MediaException refused) {
            throw refused.ofInput(number);
        }
    }

    private static PixelSource source(PixelTiles tiles) {
        return () -> tiles;
    }

    private static List<Run> runs(int[] prompt, int start, int patch, int tiles, int tokensPerTile) {
        List<Run> runs = new ArrayList<>();
        int position = start;
        while (runs.size() < tiles) {
            while (prompt[position] != patch) {
                position++;
            }
            if (Arrays.stream(prompt, position, position + tokensPerTile).anyMatch(token -> token != patch)) {
                throw new IllegalArgumentException("a tile at token " + position + " lacks placeholders");
            }
            runs.add(new Run(position, tokensPerTile));
            position += tokensPerTile;
        }
        return runs;
    }
}
