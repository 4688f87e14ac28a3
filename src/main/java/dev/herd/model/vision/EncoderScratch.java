package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.weights.VisionConfig;
import java.lang.foreign.Arena;

/** The scratch memory of an encoder, shared by all layers; rows are patches and class tokens of all tiles. */
final class EncoderScratch {
    final Floats hidden; // [rows, hiddenSize], the residual stream
    final Floats normed; // [rows, hiddenSize]
    final Floats query; // [rows, hiddenSize]
    final Floats key; // [rows, hiddenSize]
    final Floats value; // [rows, hiddenSize]
    final Floats branch; // [rows, hiddenSize], what a layer adds to the residual stream; the query is done with by then
    final Floats wide; // [rows, ffnSize], or the unfolded patches, or the merged ones
    final Floats adapted; // [tokens, outputSize]
    final Floats adaptedTwice; // [tokens, outputSize]
    final Floats projected; // [tokens, textSize]

    EncoderScratch(VisionConfig config, int textSize, Arena arena, int maxTiles) {
        long rows = (long) maxTiles * (config.patchCount() + 1);
        long tokens = (long) maxTiles * config.tokensPerTile();
        hidden = Floats.allocate(arena, rows * config.hiddenSize());
        normed = Floats.allocate(arena, rows * config.hiddenSize());
        query = Floats.allocate(arena, rows * config.hiddenSize());
        key = Floats.allocate(arena, rows * config.hiddenSize());
        value = Floats.allocate(arena, rows * config.hiddenSize());
        branch = query;
        int widest = Math.max(config.hiddenSize(), Math.max(config.ffnSize(), config.patchValues()));
        wide = Floats.allocate(arena, rows * widest);
        adapted = Floats.allocate(arena, tokens * config.outputSize());
        adaptedTwice = Floats.allocate(arena, tokens * config.outputSize());
        projected = Floats.allocate(arena, tokens * textSize);
    }
}
