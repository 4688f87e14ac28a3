package dev.herd.engine;

/** A prompt that does not fit the configured context. */
public final class ContextLengthException extends RuntimeException {
    private final int promptTokens;
    private final int contextLength;

    public ContextLengthException(int promptTokens, int contextLength) {
        super("the prompt has " + promptTokens + " tokens, but at most " + contextLength
                + " fit the context, and one must be left for the answer");
        this.promptTokens = promptTokens;
        this.contextLength = contextLength;
    }

    /** Tokens of the prompt. */
    public int promptTokens() {
        return promptTokens;
    }

    /** Tokens that fit. */
    public int contextLength() {
        return contextLength;
    }
}
