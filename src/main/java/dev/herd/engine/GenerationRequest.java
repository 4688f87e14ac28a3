package dev.herd.engine;

import dev.herd.grammar.TokenGrammar;
import java.util.Optional;
import java.util.Set;

/**
 * What a caller asks of the engine.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens tokens to generate at most
 * @param stopTokens ids that end the answer; the id itself is reported
 * @param constraint what the answer must look like; with one, a stop token can come only where the answer may end, and
 *     an answer on which nothing can follow ends without one
 */
public record GenerationRequest(
        int[] prompt,
        SamplingParams sampling,
        int maxTokens,
        Set<Integer> stopTokens,
        Optional<TokenGrammar> constraint) {
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
    }

    /** A request for an answer of any form. */
    public GenerationRequest(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens) {
        this(prompt, sampling, maxTokens, stopTokens, Optional.empty());
    }
}
