package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.weights.VisionConfig;
import java.lang.foreign.Arena;

/**
 * The two-dimensional rotary positions of a tile's patches (llama4.md 4.4): the first half of a head's pairs turns with
 * the column, the second with the row, both counted from 1. The class token does not turn.
 */
final class PatchRope {
    private PatchRope() {}

    /** {@code [patchCount + 1, headSize / 2, 2]} cosines and sines, the class token's last. */
    static Floats rotations(VisionConfig config, Arena arena) {
        int halfPairs = config.headSize() / 4;
        Floats rotations = Floats.allocate(arena, (long) (config.patchCount() + 1) * config.headSize());
        long out = 0;
        for (int patch = 0; patch <= config.patchCount(); patch++) {
            boolean isClass = patch == config.patchCount();
            int column = isClass ? 0 : patch % config.gridSize() + 1;
            int row = isClass ? 0 : patch / config.gridSize() + 1;
            for (int pair = 0; pair < 2 * halfPairs; pair++) {
                int coordinate = pair < halfPairs ? column : row;
                double angle = (double) coordinate * frequency(config, pair % halfPairs, halfPairs);
                rotations.set(out++, (float) Math.cos(angle));
                rotations.set(out++, (float) Math.sin(angle));
            }
        }
        return rotations;
    }

    /** Rounded to float as the reference's are. */
    private static float frequency(VisionConfig config, int index, int count) {
        return (float) Math.pow(config.ropeTheta(), -(double) index / count);
    }
}
