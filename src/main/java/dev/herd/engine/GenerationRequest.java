package dev.herd.engine;

import dev.herd.grammar.TokenGrammar;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a caller asks of the engine.
 *
 * @param prompt token ids, at least one
 * @param sampling how tokens are chosen
 * @param maxTokens tokens to generate at most
 * @param stopTokens ids that end the answer; the id itself is reported
 * @param images the pictures that the prompt has placeholders for, in the order of these
 * @param constraint what the answer must look like; with one, a stop token can come only where the answer may end, and
 *     an answer on which nothing can follow ends without one
 * @param minTokens before the answer has this many tokens, none of {@code stopTokens} is chosen unless all else is
 *     excluded
 * @param priority requests of a smaller number are admitted before those of a greater one that wait
 * @param cacheScope what has been computed for the beginning of a prompt may be used for another that begins alike and has
 *     an equal scope, such as a tenant's; empty if nothing is shared
 */
public record GenerationRequest(
        int[] prompt,
        SamplingParams sampling,
        int maxTokens,
        Set<Integer> stopTokens,
        List<PromptImage> images,
        Optional<TokenGrammar> constraint,
        int minTokens,
        int priority,
        Optional<String> cacheScope) {
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
        images = List.copyOf(images);
    }

    /** A request for an answer of any form. */
    public GenerationRequest(
            int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens, List<PromptImage> images) {
        this(prompt, sampling, maxTokens, stopTokens, images, Optional.empty(), 0, 0, Optional.empty());
    }

    /** A request without pictures for an answer of any form. */
    public GenerationRequest(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopTokens) {
        this(prompt, sampling, maxTokens, stopTokens, List.of());
    }

    /** The same, sharing what is computed of its beginning with requests of the same scope. */
    public GenerationRequest withCacheScope(String scope) {
        return new GenerationRequest(
                prompt, sampling, maxTokens, stopTokens, images, constraint, minTokens, priority, Optional.of(scope));
    }

    /** The same without its pictures, so that they can be forgotten. */
    GenerationRequest withoutImages() {
        return new GenerationRequest(
                prompt, sampling, maxTokens, stopTokens, List.of(), constraint, minTokens, priority, cacheScope);
    }
}
