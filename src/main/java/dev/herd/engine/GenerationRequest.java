package dev.herd.engine;

import java.util.Set;

/**
 * What a caller asks of the engine.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens tokens to generate at most
 * @param stopTokens ids that end the answer; the id itself is reported
 */
public record GenerationRequest(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens) {
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
    }
}
