package dev.herd.engine;

import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.Tile;
import dev.herd.weights.VisionConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Pictures for {@link FakeModelRunner}: each image token behaves as an ordinary token that its pixels choose. */
final class FakeImages {
    /** Four image tokens per tile. */
    static final VisionConfig TOWER = new VisionConfig(4, 2, 4, 1, 4, 1, 1, 4, 1e-5f, 10_000);

    static final int PLACEHOLDER = 60;

    private FakeImages() {}

    /** The tiles of picture number {@code picture}. */
    static PixelTiles tiles(int picture, int count) {
        float[] values = new float[count * 48];
        for (int tile = 0; tile < count; tile++) {
            values[48 * tile] = 100 * picture + 10 * tile;
        }
        return new PixelTiles(count, 4, values);
    }

    /** What row {@code row} of {@code tile} stands for. */
    static int token(Tile tile, int row) {
        return 1000 + (int) tile.picture().values()[48 * tile.index()] + row;
    }

    /** A picture whose tiles' placeholders start at {@code positions}. */
    static PromptImage image(String scope, int picture, int... positions) {
        return image(
                new PromptImage.Key(scope, "picture " + picture), () -> tiles(picture, positions.length), positions);
    }

    static PromptImage image(PromptImage.Key key, PromptImage.PixelSource source, int... positions) {
        List<PromptImage.Run> runs = new ArrayList<>();
        for (int position : positions) {
            runs.add(new PromptImage.Run(position, 4));
        }
        return new PromptImage(key, runs, positions.length, source);
    }

    /** A prompt of {@code length} tokens with placeholders for {@code images}. */
    static GenerationRequest request(int length, int maxTokens, PromptImage... images) {
        int[] prompt = new int[length];
        for (int i = 0; i < length; i++) {
            prompt[i] = i % 50;
        }
        for (PromptImage image : images) {
            for (PromptImage.Run run : image.runs()) {
                for (int i = 0; i < run.length(); i++) {
                    prompt[run.position() + i] = PLACEHOLDER;
                }
            }
        }
        return new GenerationRequest(prompt, SamplingParams.greedy(), maxTokens, Set.of(), List.of(images));
    }

    /** The request in which image tokens are the tokens that they stand for, as {@link Requests#answer} needs it. */
    static GenerationRequest spelledOut(GenerationRequest request) {
        int[] prompt = request.prompt().clone();
        for (PromptImage image : request.images()) {
            PixelTiles tiles = image.pixels().tiles();
            for (int tile = 0; tile < image.tileCount(); tile++) {
                for (int row = 0; row < 4; row++) {
                    prompt[image.runs().get(tile).position() + row] = token(new Tile(tiles, tile), row);
                }
            }
        }
        return new GenerationRequest(prompt, request.sampling(), request.maxTokens(), request.stopTokens());
    }
}
