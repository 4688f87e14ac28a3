package dev.herd.engine;

import java.util.Arrays;

/**
 * Which tokens a sequence holds and how often its answer does: what repetition, frequency and presence penalties are
 * computed from. Costs memory for the vocabulary only if the request has a penalty, and time for distinct tokens only.
 */
final class Occurrences {
    private final float repetitionPenalty;
    private final float frequencyPenalty;
    private final float presencePenalty;
    private final boolean isTracking;
    private final int[] answerCounts; // [vocabularySize]
    private final boolean[] isSeen; // [vocabularySize]
    private int[] seen = new int[16]; // [seenCount] distinct tokens of prompt and answer
    private int seenCount;

    Occurrences(GenerationRequest request, int vocabularySize) {
        SamplingParams sampling = request.sampling();
        this.repetitionPenalty = sampling.repetitionPenalty();
        this.frequencyPenalty = sampling.frequencyPenalty();
        this.presencePenalty = sampling.presencePenalty();
        this.isTracking = repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
        this.answerCounts = new int[isTracking ? vocabularySize : 0];
        this.isSeen = new boolean[isTracking ? vocabularySize : 0];
        for (int token : request.prompt()) {
            see(token);
        }
    }

    /** Counts a token of the answer. */
    void add(int token) {
        see(token);
        if (isTracking) {
            answerCounts[token]++;
        }
    }

    /**
     * Applies the penalties.
     *
     * @param logits {@code [vocabularySize]}, changed in place
     */
    void penalize(float[] logits) {
        for (int i = 0; i < seenCount; i++) {
            int token = seen[i];
            float logit = logits[token];
            logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
            int count = answerCounts[token];
            if (count > 0) {
                logit -= frequencyPenalty * count + presencePenalty;
            }
            logits[token] = logit;
        }
    }

    private void see(int token) {
        if (!isTracking || isSeen[token]) {
            return;
        }
        isSeen[token] = true;
        seen = seenCount == seen.length ? Arrays.copyOf(seen, 2 * seenCount) : seen;
        seen[seenCount++] = token;
    }
}
