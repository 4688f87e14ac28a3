package dev.herd.model.deberta;

import dev.herd.weights.DebertaConfig;

/** Which row of the table of relative positions stands for a distance between two tokens. Immutable. */
final class RelativeBuckets {
    private final int[] rows; // [2 * maxPositions - 1]
    private final int maxPositions;

    RelativeBuckets(DebertaConfig config) {
        this.maxPositions = config.maxPositions();
        this.rows = new int[2 * maxPositions - 1];
        int span = config.relativeSpan();
        for (int i = 0; i < rows.length; i++) {
            int distance = i - maxPositions + 1;
            rows[i] = Math.clamp((long) bucket(config, distance) + span, 0, 2 * span - 1);
        }
    }

    /** The row for a query at {@code query} and a key at {@code key}. */
    int row(int query, int key) {
        return rows[query - key + maxPositions - 1];
    }

    /** Near distances have a bucket each; farther ones share them, so that they grow with the distance. */
    static int bucket(DebertaConfig config, int distance) {
        int half = config.positionBuckets() / 2;
        int magnitude = Math.abs(distance);
        if (config.positionBuckets() == 0 || magnitude <= half) {
            return distance;
        }
        double share = Math.log((double) magnitude / half) / Math.log((config.maxRelativePositions() - 1.0) / half);
        return Integer.signum(distance) * ((int) Math.ceil(share * (half - 1)) + half);
    }
}
