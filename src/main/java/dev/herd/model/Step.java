package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.model.Batch.Slice;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all layers need to know about the batch at hand: which token stands where, its rotation and its temperature.
 * Reused from step to step.
 */
final class Step {
    private final Rope rope;
    private final @Nullable AttentionTemperature temperature;
    private final int[] tokenIds; // [tokens]
    private final int[] positions; // [tokens]
    private final int[] sliceOf; // [tokens]
    private final Floats rotations; // [tokens, headSize / 2, 2]
    private final Floats queryFactors; // [tokens]
    private Batch batch = new Batch(List.of());
    private int tokens;

    Step(ModelConfig config, Rope rope, Arena arena, int maxTokens) {
        this.rope = rope;
        this.temperature = config.attentionTemperature();
        this.tokenIds = new int[maxTokens];
        this.positions = new int[maxTokens];
        this.sliceOf = new int[maxTokens];
        this.rotations = Floats.allocate(arena, (long) maxTokens * config.headSize());
        this.queryFactors = Floats.allocate(arena, maxTokens);
    }

    /** Prepares for {@code batch}. */
    void begin(Batch next) {
        if (next.tokenCount() > tokenIds.length) {
            throw new IllegalArgumentException(
                    "a batch of " + next.tokenCount() + " tokens exceeds the limit of " + tokenIds.length);
        }
        batch = next;
        tokens = 0;
        for (int slice = 0; slice < next.slices().size(); slice++) {
            Slice current = next.slices().get(slice);
            for (int i = 0; i < current.tokens().length; i++) {
                addToken(slice, current.tokens()[i], current.firstPosition() + i);
            }
        }
    }

    private void addToken(int slice, int tokenId, int position) {
        tokenIds[tokens] = tokenId;
        positions[tokens] = position;
        sliceOf[tokens] = slice;
        rope.rotations(rotations, tokens, position);
        queryFactors.set(tokens, queryFactor(position));
        tokens++;
    }

    /** What GLOBAL layers multiply queries with: grows with the logarithm of the position (llama4.md 2.6). */
    private float queryFactor(int position) {
        if (temperature == null) {
            return 1;
        }
        double steps = Math.floor((position + 1.0) / temperature.floor());
        return (float) (1 + temperature.scale() * Math.log(steps + 1));
    }

    Batch batch() {
        return batch;
    }

    int tokens() {
        return tokens;
    }

    int tokenId(int token) {
        return tokenIds[token];
    }

    int position(int token) {
        return positions[token];
    }

    int sliceOf(int token) {
        return sliceOf[token];
    }

    /** {@code [tokens, headSize / 2, 2]}. */
    Floats rotations() {
        return rotations;
    }

    /** {@code [tokens]}. */
    Floats queryFactors() {
        return queryFactors;
    }
}
