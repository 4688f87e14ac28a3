package dev.herd.grammar;

/** Which tokens of a vocabulary may come next. Immutable. */
public final class TokenMask {
    private final long[] words; // a bit by id
    private final int greatestAllowed;
    private final int leastRefused;

    /**
     * A mask over bits that nobody changes any more. It is the same for every limit of at least {@code greatestAllowed}
     * and less than {@code leastRefused}, the costs of tokens that are allowed and of tokens that only cost too much.
     */
    TokenMask(long[] words, int greatestAllowed, int leastRefused) {
        this.words = words;
        this.greatestAllowed = greatestAllowed;
        this.leastRefused = leastRefused;
    }

    /** Whether {@code token} may come next. */
    public boolean allows(int token) {
        int word = token >> 6;
        return word >= 0 && word < words.length && (words[word] >>> token & 1) != 0;
    }

    /** Whether no token may come next. */
    public boolean isEmpty() {
        for (long word : words) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Sets the logits of all tokens that may not come next to negative infinity.
     *
     * @param logits {@code [vocabularySize]}; ids beyond the mask are not allowed
     */
    public void apply(float[] logits) {
        for (int first = 0; first < logits.length; first += Long.SIZE) {
            long word = first >> 6 < words.length ? words[first >> 6] : 0;
            if (word != -1L) {
                exclude(logits, first, word);
            }
        }
    }

    private static void exclude(float[] logits, int first, long word) {
        int count = Math.min(Long.SIZE, logits.length - first);
        for (int i = 0; i < count; i++) {
            if ((word >>> i & 1) == 0) {
                logits[first + i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    boolean isValidFor(int limit) {
        return greatestAllowed <= limit && limit < leastRefused;
    }
}
