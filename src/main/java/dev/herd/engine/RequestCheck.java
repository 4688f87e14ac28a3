package dev.herd.engine;

import dev.herd.weights.VisionConfig;
import java.util.List;
import java.util.Optional;

/** What a request must fulfil to be accepted; each refusal names the field. Used by any thread. */
final class RequestCheck {
    private final int contextLength;
    private final int vocabularySize;
    private final Optional<VisionConfig> vision;

    RequestCheck(int contextLength, int vocabularySize, Optional<VisionConfig> vision) {
        this.contextLength = contextLength;
        this.vocabularySize = vocabularySize;
        this.vision = vision;
    }

    /**
     * @throws IllegalArgumentException if a value is out of range
     * @throws ContextLengthException if the prompt leaves no room for an answer
     */
    void check(GenerationRequest request) {
        checkPrompt(request.prompt());
        require(request.maxTokens() >= 1, "maxTokens must be at least 1, not " + request.maxTokens());
        require(request.minTokens() >= 0, "minTokens must not be negative: " + request.minTokens());
        request.stopTokens().forEach(token -> require(token >= 0, "stopTokens must not be negative: " + token));
        checkSampling(request.sampling());
        requireRange("promptLogProbs", request.promptLogProbs(), -1, vocabularySize);
        request.constraint()
                .ifPresent(grammar -> require(
                        grammar.vocabularySize() <= vocabularySize,
                        "the constraint is over a vocabulary of " + grammar.vocabularySize()
                                + " tokens, but the model has " + vocabularySize));
        checkImages(request.images(), request.prompt().length);
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

    private void checkImages(List<PromptImage> images, int promptLength) {
        int end = 0;
        for (int image = 0; image < images.size(); image++) {
            String name = "images[" + image + "]";
            VisionConfig tower = vision.orElseThrow(
                    () -> new IllegalArgumentException(name + " cannot be seen: the model has no vision tower"));
            PromptImage current = images.get(image);
            long needed = (long) current.tileCount() * tower.tokensPerTile();
            require(
                    current.tokenCount() == needed,
                    name + " has " + current.tokenCount() + " placeholder tokens, but its " + current.tileCount()
                            + " tiles are " + needed + " image tokens");
            for (PromptImage.Run run : current.runs()) {
                require(
                        run.position() >= end,
                        name + " has a placeholder token at " + run.position() + ", before the end of another run at "
                                + end);
                require(
                        run.position() <= promptLength - run.length(),
                        name + " has placeholder tokens at " + run.position() + ".."
                                + ((long) run.position() + run.length() - 1) + ", but the prompt has " + promptLength
                                + " tokens");
                end = run.position() + run.length();
            }
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
        sampling.watchedTokens().forEach(token -> requireToken("watchedTokens", token));
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
