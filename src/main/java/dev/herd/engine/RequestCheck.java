package dev.herd.engine;

/** What a request must fulfil to be accepted; each refusal names the field. Used by any thread. */
final class RequestCheck {
    private final int contextLength;
    private final int vocabularySize;

    RequestCheck(int contextLength, int vocabularySize) {
        this.contextLength = contextLength;
        this.vocabularySize = vocabularySize;
    }

    /**
     * @throws IllegalArgumentException if a value is out of range
     * @throws ContextLengthException if the prompt leaves no room for an answer
     */
    void check(GenerationRequest request) {
        checkPrompt(request.prompt());
        require(request.maxTokens() >= 1, "maxTokens must be at least 1, not " + request.maxTokens());
        checkSampling(request.sampling());
        request.constraint()
                .ifPresent(grammar -> require(
                        grammar.vocabularySize() <= vocabularySize,
                        "the constraint is over a vocabulary of " + grammar.vocabularySize()
                                + " tokens, but the model has " + vocabularySize));
    }

    private void checkPrompt(int[] prompt) {
        require(prompt.length > 0, "the prompt must have at least one token");
        if (prompt.length >= contextLength) {
            throw new ContextLengthException(prompt.length, contextLength);
        }
        for (int position = 0; position < prompt.length; position++) {
            requireToken("prompt[" + position + "]", prompt[position]);
        }
    }

    private void checkSampling(SamplingParams sampling) {
        requireRange("temperature", sampling.temperature(), 0, Float.MAX_VALUE);
        requireRange("topP", sampling.topP(), 0, 1);
        requireRange("topK", sampling.topK(), 0, Integer.MAX_VALUE);
        requireRange("minP", sampling.minP(), 0, 1);
        requireRange("repetitionPenalty", sampling.repetitionPenalty(), Float.MIN_NORMAL, Float.MAX_VALUE);
        requireRange("frequencyPenalty", sampling.frequencyPenalty(), -Float.MAX_VALUE, Float.MAX_VALUE);
        requireRange("presencePenalty", sampling.presencePenalty(), -Float.MAX_VALUE, Float.MAX_VALUE);
        requireRange("topLogProbs", sampling.topLogProbs(), -1, vocabularySize);
        sampling.logitBias().forEach((token, bias) -> {
            requireToken("logitBias", token);
            requireRange("logitBias[" + token + "]", bias, Float.NEGATIVE_INFINITY, Float.MAX_VALUE);
        });
    }

    private void requireToken(String name, int token) {
        if (token < 0 || token >= vocabularySize) {
            throw new IllegalArgumentException(
                    name + " is token " + token + ", outside the vocabulary of " + vocabularySize + " tokens");
        }
    }

    private static void requireRange(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(name + " must lie between " + least + " and " + most + ", not " + value);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
