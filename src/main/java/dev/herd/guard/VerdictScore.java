package dev.herd.guard;

/**
 * The probability of "unsafe" at the place of the verdict.
 *
 * @param unsafe probability among the two words, 0 to 1
 * @param mass how likely it is that one of the two stands there at all
 */
record VerdictScore(double unsafe, double mass) {
    /** Below this the model was about to write something else, and the probability says little. */
    private static final double LEAST_MASS = 0.5;

    /** Of the natural logarithms of both probabilities. */
    static VerdictScore of(double safeLog, double unsafeLog) {
        double safe = Math.exp(safeLog);
        double unsafe = Math.exp(unsafeLog);
        return new VerdictScore(share(safeLog, unsafeLog), safe + unsafe);
    }

    /**
     * Of the word at once, or behind the line breaks that may come first.
     *
     * @param breakLog logarithm of the probability of the line breaks
     * @param behind what stands behind them
     */
    static VerdictScore marginal(double safeLog, double unsafeLog, double breakLog, VerdictScore behind) {
        double lineBreak = Math.exp(breakLog);
        double unsafe = Math.exp(unsafeLog) + lineBreak * behind.mass() * behind.unsafe();
        double safe = Math.exp(safeLog) + lineBreak * behind.mass() * (1 - behind.unsafe());
        double mass = safe + unsafe;
        return new VerdictScore(mass > 0 ? unsafe / mass : 0.5, mass);
    }

    /** The share of the second of two logits or log-probabilities. */
    private static double share(double safe, double unsafe) {
        return safe == unsafe ? 0.5 : 1 / (1 + Math.exp(safe - unsafe));
    }

    boolean isLowMass() {
        return mass < LEAST_MASS;
    }
}
