package dev.herd.engine;

import java.util.List;
import java.util.Map;

/**
 * How the next token is chosen from the logits of those that the request's constraint, if it has one, allows. Applied in
 * this order: logit bias, repetition, frequency and presence
 * penalty, temperature, top-k, top-p, min-p.
 *
 * @param temperature 0 takes the most likely token
 * @param topP keeps the most likely tokens up to this cumulative probability; 1 keeps all
 * @param topK keeps this many; 0 keeps all
 * @param minP keeps tokens of at least this share of the most likely one's probability; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen in prompt or answer; 1 is off
 * @param frequencyPenalty is subtracted per occurrence in the answer
 * @param presencePenalty is subtracted once if the token occurs in the answer
 * @param logitBias is added to the logit of a token id
 * @param seed the same seed gives the same answer to the same request
 * @param topLogProbs how many alternatives to report with each token; -1 reports no log-probabilities
 * @param watchedTokens ids that are reported with each token, too, in this order and behind the alternatives, if
 *     {@code topLogProbs} is not -1
 */
public record SamplingParams(
        float temperature,
        float topP,
        int topK,
        float minP,
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        Map<Integer, Float> logitBias,
        long seed,
        int topLogProbs,
        List<Integer> watchedTokens) {
    public SamplingParams {
        logitBias = Map.copyOf(logitBias);
        watchedTokens = List.copyOf(watchedTokens);
    }

    /** Parameters that watch no token. */
    public SamplingParams(
            float temperature,
            float topP,
            int topK,
            float minP,
            float repetitionPenalty,
            float frequencyPenalty,
            float presencePenalty,
            Map<Integer, Float> logitBias,
            long seed,
            int topLogProbs) {
        this(
                temperature,
                topP,
                topK,
                minP,
                repetitionPenalty,
                frequencyPenalty,
                presencePenalty,
                logitBias,
                seed,
                topLogProbs,
                List.of());
    }

    /** The most likely token, always. */
    public static SamplingParams greedy() {
        return new SamplingParams(0, 1, 0, 0, 1, 0, 0, Map.of(), 0, -1);
    }

    /** The most likely token, always, and how likely it and {@code tokens} were. */
    public static SamplingParams greedyWatching(List<Integer> tokens) {
        return new SamplingParams(0, 1, 0, 0, 1, 0, 0, Map.of(), 0, 0, tokens);
    }
}
