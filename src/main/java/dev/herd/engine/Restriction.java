package dev.herd.engine;

import dev.herd.grammar.ConstraintException;
import dev.herd.grammar.Matcher;
import dev.herd.grammar.TokenMask;

/** Which tokens may come next in one sequence. Owned by the sequence. */
sealed interface Restriction {
    /** The restriction of a request without a constraint. */
    Restriction NONE = new None();

    /**
     * The restriction of a request.
     *
     * @param maxTokens tokens that the answer has at most
     */
    static Restriction of(GenerationRequest request, int maxTokens) {
        int[] endTokens =
                request.stopTokens().stream().mapToInt(Integer::intValue).toArray();
        return request.constraint()
                .<Restriction>map(grammar -> new Constrained(grammar.matcher(), endTokens, maxTokens))
                .orElse(NONE);
    }

    /**
     * Sets the logits of tokens that may not come next to negative infinity.
     *
     * @param logits {@code [vocabularySize]}, changed in place
     * @throws ConstraintException if no token may come next
     */
    void exclude(float[] logits);

    /** Goes on by a token that was chosen and does not end the answer. */
    void accept(int token);

    /** Whether nothing can follow, so that the answer ends here. */
    boolean isComplete();

    /** Everything may come. */
    final class None implements Restriction {
        @Override
        public void exclude(float[] logits) {}

        @Override
        public void accept(int token) {}

        @Override
        public boolean isComplete() {
            return false;
        }
    }

    /** What a constraint allows may come, and tokens that end the answer where it allows the end. */
    final class Constrained implements Restriction {
        private final Matcher matcher;
        private final int[] endTokens;
        private final float[] endLogits;
        private int remaining;

        Constrained(Matcher matcher, int[] endTokens, int maxTokens) {
            this.matcher = matcher;
            this.endTokens = endTokens;
            this.endLogits = new float[endTokens.length];
            this.remaining = maxTokens;
        }

        @Override
        public void exclude(float[] logits) {
            boolean mayEnd = matcher.accepts() && endTokens.length > 0;
            TokenMask mask = mask(mayEnd);
            for (int i = 0; i < endTokens.length; i++) {
                endLogits[i] = logits[endTokens[i]];
            }
            mask.apply(logits);
            for (int i = 0; i < endTokens.length; i++) {
                logits[endTokens[i]] = mayEnd ? endLogits[i] : Float.NEGATIVE_INFINITY;
            }
        }

        /** Without tokens that end it, an answer that may end has to go on, beyond its budget if nothing else fits. */
        private TokenMask mask(boolean mayEnd) {
            TokenMask mask = matcher.mask(remaining, Math.min(1, endTokens.length));
            if (mask.isEmpty() && !mayEnd) {
                mask = matcher.mask();
                if (mask.isEmpty()) {
                    throw new ConstraintException(
                            "No token of the vocabulary fits the constraint after the tokens that were chosen.");
                }
            }
            return mask;
        }

        @Override
        public void accept(int token) {
            matcher.advance(token);
            remaining--;
        }

        @Override
        public boolean isComplete() {
            return matcher.isComplete();
        }
    }
}
