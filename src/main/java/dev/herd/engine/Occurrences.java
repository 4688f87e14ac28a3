package dev.herd.engine;

import java.util.Arrays;

/**
 * Which tokens a sequence holds and how often its answer does: what repetition, frequency and presence penalties are
 * computed from. Costs memory for the vocabulary only if the request has a penalty and its first token is about to be
 * chosen, and time for distinct tokens only.
 */
final class Occurrences {
    private final GenerationRequest request;
    private final int vocabularySize;
    private final boolean isTracking;
    private int[] answerCounts = new int[0]; // [vocabularySize] once the first token is chosen
    private boolean[] isSeen = new boolean[0]; // [vocabularySize] likewise
    private int[] seen = new int[0]; // [seenCount] distinct tokens of prompt and answer
    private int seenCount;

    Occurrences(GenerationRequest request, int vocabularySize) {
        SamplingParams sampling = request.sampling();
        this.request = request;
        this.vocabularySize = vocabularySize;
        this.isTracking = sampling.repetitionPenalty() != 1
                || sampling.frequencyPenalty() != 0
                || sampling.presencePenalty() != 0;
    }

    /** Counts a token of the answer. */
    void add(int token) {
        if (isTracking) {
            open();
            see(token);
            answerCounts[token]++;
        }
    }

    /**
     * Applies the penalties.
     *
     * @param logits {@code [vocabularySize]}, changed in place
     */
    void penalize(float[] logits) {
        if (!isTracking) {
            return;
        }
        open();
        SamplingParams sampling = request.sampling();
        for (int i = 0; i < seenCount; i++) {
            int token = seen[i];
            float logit = logits[token];
            logit = logit > 0 ? logit / sampling.repetitionPenalty() : logit * sampling.repetitionPenalty();
            int count = answerCounts[token];
            if (count > 0) {
                logit -= sampling.frequencyPenalty() * count + sampling.presencePenalty();
            }
            logits[token] = logit;
        }
    }

    private void open() {
        if (isSeen.length == 0) {
            answerCounts = new int[vocabularySize];
            isSeen = new boolean[vocabularySize];
            for (int token : request.prompt()) {
                see(token);
            }
        }
    }

    private void see(int token) {
        if (!isSeen[token]) {
            isSeen[token] = true;
            seen = seenCount == seen.length ? Arrays.copyOf(seen, Math.max(16, 2 * seenCount)) : seen;
            seen[seenCount++] = token;
        }
    }
}
