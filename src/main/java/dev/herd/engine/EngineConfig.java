package dev.herd.engine;

/**
 * The limits of an engine.
 *
 * @param contextLength tokens that prompt and answer of one request may have together, at least 2
 * @param maxRunning requests that are computed at the same time, at least 1
 * @param maxQueued requests that are accepted beyond these and wait
 * @param prefillSlice tokens of a prompt that are computed in one step at most: the smaller, the shorter the pause that
 *     a long prompt brings to answers under way
 */
public record EngineConfig(int contextLength, int maxRunning, int maxQueued, int prefillSlice) {
    public EngineConfig {
        requireAtLeast("contextLength", contextLength, 2);
        requireAtLeast("maxRunning", maxRunning, 1);
        requireAtLeast("maxQueued", maxQueued, 0);
        requireAtLeast("prefillSlice", prefillSlice, 1);
    }

    private static void requireAtLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }
}
