package dev.herd.engine;

import java.util.List;
import java.util.Set;

/**
 * What a caller asks of the engine.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens tokens to generate at most
 * @param stopTokens ids that end the answer; the id itself is reported
 * @param images the pictures that the prompt has placeholders for, in the order of these
 */
public record GenerationRequest(
        int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens, List<PromptImage> images) {
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
        images = List.copyOf(images);
    }

    /** A request without pictures. */
    public GenerationRequest(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens) {
        this(prompt, sampling, maxTokens, stopTokens, List.of());
    }
}
