package dev.herd.model;

import dev.herd.kernels.Floats;
import java.util.Arrays;

/**
 * Chooses the experts of every token of a step: the {@code expertsPerToken} highest router logits, of equal ones the
 * lowest expert, each with the sigmoid of its logit as score (llama4.md 2.10). Lists are kept per expert, so that an
 * expert's weights are read once for all its tokens.
 */
final class Router {
    private final int expertCount;
    private final int expertsPerToken;
    private final int[] tokens; // [assignments], those of expert 0 first
    private final float[] scores; // [assignments], the score of the same assignment
    private final int[] firstOf; // [expertCount + 1], where each expert's assignments begin
    private final int[] chosen; // [maxTokens, expertsPerToken]

    Router(int expertCount, int expertsPerToken, int maxTokens) {
        this.expertCount = expertCount;
        this.expertsPerToken = expertsPerToken;
        this.tokens = new int[maxTokens * expertsPerToken];
        this.scores = new float[maxTokens * expertsPerToken];
        this.firstOf = new int[expertCount + 1];
        this.chosen = new int[maxTokens * expertsPerToken];
    }

    /**
     * Assigns {@code tokenCount} tokens.
     *
     * @param logits {@code [tokens, expertCount]}
     */
    void assign(Floats logits, int tokenCount) {
        Arrays.fill(firstOf, 0);
        for (int token = 0; token < tokenCount; token++) {
            for (int rank = 0; rank < expertsPerToken; rank++) {
                int expert = best(logits, token, rank);
                chosen[token * expertsPerToken + rank] = expert;
                firstOf[expert + 1]++;
            }
        }
        for (int expert = 0; expert < expertCount; expert++) {
            firstOf[expert + 1] += firstOf[expert];
        }
        for (int assignment = tokenCount * expertsPerToken - 1; assignment >= 0; assignment--) {
            int expert = chosen[assignment];
            int token = assignment / expertsPerToken;
            int place = --firstOf[expert + 1];
            tokens[place] = token;
            scores[place] = sigmoid(logits.get((long) token * expertCount + expert));
        }
        // Filling from the back turned each end into the expert's beginning, still one place too high.
        System.arraycopy(firstOf, 1, firstOf, 0, expertCount);
        firstOf[expertCount] = tokenCount * expertsPerToken;
    }

    private int best(Floats logits, int token, int rank) {
        int best = -1;
        for (int expert = 0; expert < expertCount; expert++) {
            if (!isChosen(token, rank, expert)
                    && (best < 0
                            || logits.get((long) token * expertCount + expert)
                                    > logits.get((long) token * expertCount + best))) {
                best = expert;
            }
        }
        return best;
    }

    private boolean isChosen(int token, int rank, int expert) {
        for (int earlier = 0; earlier < rank; earlier++) {
            if (chosen[token * expertsPerToken + earlier] == expert) {
                return true;
            }
        }
        return false;
    }

    private static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    /** Index of the first assignment of {@code expert}; the last one is before that of {@code expert + 1}. */
    int firstOf(int expert) {
        return firstOf[expert];
    }

    /** The token of an assignment. */
    int token(int assignment) {
        return tokens[assignment];
    }

    /** The score of an assignment. */
    float score(int assignment) {
        return scores[assignment];
    }
}
