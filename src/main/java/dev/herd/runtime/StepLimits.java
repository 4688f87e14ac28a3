package dev.herd.runtime;

/**
 * How much one step computes at most.
 *
 * @param maxRunning sequences that are computed together
 * @param prefillSlice tokens of prompts
 */
record StepLimits(int maxRunning, int prefillSlice) {
    /** What a processor takes unless told otherwise. */
    static final StepLimits OF_CPU = new StepLimits(8, 256);

    /**
     * What a device takes unless told otherwise. It reads its weights once for all that is in a step, and of a mixture most of
     * them, however few tokens there are; together 1024, which are whole tiles.
     */
    static final StepLimits OF_DEVICE = new StepLimits(32, 992);

    /** Tokens of a step. */
    int tokens() {
        return Math.addExact(maxRunning, prefillSlice);
    }
}
