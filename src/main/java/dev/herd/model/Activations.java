package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.weights.ModelConfig;
import java.lang.foreign.Arena;

/** The scratch memory of a step, allocated once for the largest batch and shared by all layers. */
final class Activations {
    final Floats hidden; // [tokens, hiddenSize], the residual stream
    final Floats normed; // [tokens, hiddenSize]
    final Floats query; // [tokens, querySize]
    final Floats key; // [tokens, keySize]
    final Floats value; // [tokens, keySize]
    final Floats attended; // [tokens, querySize]
    final Floats branch; // [tokens, hiddenSize], what a layer adds to the residual stream
    final Floats gate; // [tokens, ffnSize]
    final Floats up; // [tokens, ffnSize]
    final Floats routerLogits; // [tokens, expertCount]
    final Floats expertInput; // [tokens, hiddenSize], the rows of one expert
    final Floats expertOutput; // [tokens, hiddenSize]
    final Floats expertScores; // [tokens], what the expert's rows are multiplied by

    Activations(ModelConfig config, Arena arena, int maxTokens) {
        int ffnSize = Math.max(config.denseFfnSize(), config.expertFfnSize());
        boolean isMoe = config.expertCount() > 0;
        hidden = Floats.allocate(arena, (long) maxTokens * config.hiddenSize());
        normed = Floats.allocate(arena, (long) maxTokens * config.hiddenSize());
        query = Floats.allocate(arena, (long) maxTokens * config.querySize());
        key = Floats.allocate(arena, (long) maxTokens * config.keySize());
        value = Floats.allocate(arena, (long) maxTokens * config.keySize());
        attended = Floats.allocate(arena, (long) maxTokens * config.querySize());
        branch = Floats.allocate(arena, (long) maxTokens * config.hiddenSize());
        gate = Floats.allocate(arena, (long) maxTokens * ffnSize);
        up = Floats.allocate(arena, (long) maxTokens * ffnSize);
        routerLogits = Floats.allocate(arena, (long) maxTokens * config.expertCount());
        expertInput = Floats.allocate(arena, isMoe ? (long) maxTokens * config.hiddenSize() : 0);
        expertOutput = Floats.allocate(arena, isMoe ? (long) maxTokens * config.hiddenSize() : 0);
        expertScores = Floats.allocate(arena, isMoe ? maxTokens : 0);
    }
}
