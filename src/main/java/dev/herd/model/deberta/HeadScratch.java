package dev.herd.model.deberta;

import dev.herd.kernels.Floats;
import dev.herd.weights.DebertaConfig;
import java.lang.foreign.Arena;

/** What one worker needs to compute one head of one sequence. */
final class HeadScratch {
    final Floats query; // [tokens, headSize]
    final Floats key; // [tokens, headSize]
    final Floats value; // [tokens, headSize]
    final Floats scores; // [tokens, tokens]
    final Floats queryByPosition; // [tokens, 2 * relativeSpan], content to position
    final Floats keyByPosition; // [tokens, 2 * relativeSpan], position to content
    final Floats context; // [tokens, headSize]
    final float[] row; // one row of scores
    final float[] byPosition; // one row of queryByPosition
    final float[] positionToContent; // all of keyByPosition

    HeadScratch(DebertaConfig config, Arena arena) {
        int tokens = config.maxPositions();
        long head = (long) tokens * config.headSize();
        int relative = 2 * config.relativeSpan();
        query = Floats.allocate(arena, head);
        key = Floats.allocate(arena, head);
        value = Floats.allocate(arena, head);
        scores = Floats.allocate(arena, (long) tokens * tokens);
        queryByPosition = Floats.allocate(arena, (long) tokens * relative);
        keyByPosition = Floats.allocate(arena, (long) tokens * relative);
        context = Floats.allocate(arena, head);
        row = new float[tokens];
        byPosition = new float[relative];
        positionToContent = new float[Math.multiplyExact(tokens, relative)];
    }
}
