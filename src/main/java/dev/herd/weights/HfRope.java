package dev.herd.weights;

import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rotary positions that a {@code config.json} describes: in {@code rope_parameters} since transformers 5, in
 * {@code rope_theta} and {@code rope_scaling} before. As there, {@code rope_scaling} wins over {@code rope_parameters}
 * and a base inside either wins over one beside them.
 */
record HfRope(float theta, @Nullable RopeScaling scaling) {
    /**
     * Reads the fields of {@code text}.
     *
     * @param defaultTheta base if none is stated
     * @param defaultPositions {@code max_position_embeddings} if it is not stated
     */
    static HfRope read(JsonFields text, double defaultTheta, int defaultPositions) {
        double outerTheta = text.real("rope_theta").orElse(defaultTheta);
        Optional<JsonFields> inner = text.object("rope_scaling").or(() -> text.object("rope_parameters"));
        if (inner.isEmpty()) {
            return new HfRope((float) outerTheta, null);
        }
        JsonFields rope = inner.get();
        if (rope.real("partial_rotary_factor").orElse(1) != 1) {
            throw rope.error("partial_rotary_factor", "is not 1; Herd rotates whole heads");
        }
        float theta = (float) rope.real("rope_theta").orElse(outerTheta);
        String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
        return switch (type) {
            case "default" -> new HfRope(theta, null);
            case "llama3" -> new HfRope(theta, llama3(text, rope, defaultPositions));
            default -> throw rope.error("rope_type", "is '" + type + "'; Herd knows 'default' and 'llama3'");
        };
    }

    private static RopeScaling llama3(JsonFields text, JsonFields rope, int defaultPositions) {
        int maxPositions =
                text.whole("max_position_embeddings", 1, Integer.MAX_VALUE).orElse(defaultPositions);
        String original = "original_max_position_embeddings";
        return new RopeScaling(
                rope.requireReal("factor"),
                rope.requireReal("low_freq_factor"),
                rope.requireReal("high_freq_factor"),
                rope.whole(original, 1, Integer.MAX_VALUE)
                        .orElse(text.whole(original, 1, Integer.MAX_VALUE).orElse(maxPositions)));
    }
}
