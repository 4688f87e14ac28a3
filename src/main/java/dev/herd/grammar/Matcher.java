package dev.herd.grammar;

/** How far one answer has come in its constraint. Small, and cheap to copy; used by one thread at a time. */
public final class Matcher {
    private final TokenGrammar grammar;
    private Configuration current;

    Matcher(TokenGrammar grammar, Configuration current) {
        this.grammar = grammar;
        this.current = current;
    }

    /** An answer that has come as far. */
    public Matcher copy() {
        return new Matcher(grammar, current);
    }

    /** Tokens that suffice to complete the answer. */
    int cost() {
        return current.cost();
    }

    /** Whether the answer may end here. */
    public boolean accepts() {
        return current.accepts();
    }

    /** Whether the answer is complete: it may end here, and nothing can follow. */
    public boolean isComplete() {
        return current.accepts() && !current.isOpen();
    }

    /**
     * The tokens that may come next if any number may follow.
     *
     * @throws ConstraintException if the constraint turns out to be too ambiguous
     */
    public TokenMask mask() {
        return grammar.mask(current, Integer.MAX_VALUE - 1);
    }

    /**
     * The tokens that may come next when {@code remaining} are left in all. While these suffice to complete the answer
     * at all, only tokens are allowed after which they still do; once they do not, all that the constraint allows are.
     *
     * @param remaining tokens left, the next one and those that end the answer included
     * @param endTokens how many of them ending the answer takes: 1 if a token says so, else 0
     * @throws ConstraintException if the constraint turns out to be too ambiguous
     */
    public TokenMask mask(int remaining, int endTokens) {
        boolean suffices = current.cost() + endTokens <= remaining;
        return suffices ? grammar.mask(current, remaining - 1 - endTokens) : mask();
    }

    /**
     * Goes on by a token.
     *
     * @throws IllegalArgumentException if the constraint does not allow it here
     */
    public void advance(int token) {
        Configuration next = grammar.advance(current, token);
        if (grammar.isDead(next)) {
            throw new IllegalArgumentException("the constraint does not allow token " + token + " here");
        }
        current = next;
    }
}
