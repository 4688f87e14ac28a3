package dev.herd.engine;

import java.time.Duration;

/**
 * What a finished request cost.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens prompt tokens that were found in the cache and not computed
 * @param completionTokens tokens chosen, stop token included
 * @param queued from submission to the first computed slice
 * @param timeToFirstToken from submission to the first chosen token; zero if there was none
 * @param total from submission to the end
 */
public record GenerationStats(
        int promptTokens,
        int cachedTokens,
        int completionTokens,
        Duration queued,
        Duration timeToFirstToken,
        Duration total) {}
