package dev.herd.engine;

/**
 * The limits of an engine.
 *
 * @param contextLength tokens that prompt and answer of one request may have together, at least 2
 * @param maxRunning requests that are computed at the same time, at least 1
 * @param maxQueued requests that are accepted beyond these and wait
 * @param prefillSlice tokens of a prompt that are computed in one step at most: the smaller, the shorter the pause that
 *     a long prompt brings to answers under way
 * @param imageCacheBytes memory for encoded pictures that may be asked about again; 0 to remember none
 */
public record EngineConfig(int contextLength, int maxRunning, int maxQueued, int prefillSlice, long imageCacheBytes) {
    public EngineConfig {
        requireAtLeast("contextLength", contextLength, 2);
        requireAtLeast("maxRunning", maxRunning, 1);
        requireAtLeast("maxQueued", maxQueued, 0);
        requireAtLeast("prefillSlice", prefillSlice, 1);
        requireAtLeast("imageCacheBytes", imageCacheBytes, 0);
    }

    /** Limits of an engine that remembers no pictures. */
    public EngineConfig(int contextLength, int maxRunning, int maxQueued, int prefillSlice) {
        this(contextLength, maxRunning, maxQueued, prefillSlice, 0);
    }

    private static void requireAtLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }
}
