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
 * @param minTokens before the answer has this many tokens, none of {@code stopTokens} is chosen unless all else is
 *     excluded
 * @param priority requests of a smaller number are admitted before those of a greater one that wait
 */
public record GenerationRequest(
        int[] prompt,
        SamplingParams sampling,
        int maxTokens,
        Set<Integer> stopTokens,
        List<PromptImage> images,
        int minTokens,
        int priority) {
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
        images = List.copyOf(images);
    }

    /** A request of ordinary priority without least length. */
    public GenerationRequest(
            int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens, List<PromptImage> images) {
        this(prompt, sampling, maxTokens, stopTokens, images, 0, 0);
    }

    /** A request of ordinary priority without least length and pictures. */
    public GenerationRequest(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens) {
        this(prompt, sampling, maxTokens, stopTokens, List.of());
    }
}
