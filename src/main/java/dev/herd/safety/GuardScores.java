package dev.herd.safety;

import java.util.List;
import java.util.Map;

/**
 * What a content guard says.
 *
 * @param unsafe probability that the last turn is unsafe, 0 to 1
 * @param byCode the score of each category that it named, by code; only codes that were asked about. Empty although
 *     {@code unsafe} is high: it named none
 * @param unlisted codes that it named without having been asked; they are reported and not acted upon
 * @param isLowMass whether it hardly answered in its own terms, so that the probability says little
 * @param isTruncated whether it has not seen all of the text
 * @param tokens how many tokens it has computed
 */
public record GuardScores(
        double unsafe,
        Map<String, Double> byCode,
        List<String> unlisted,
        boolean isLowMass,
        boolean isTruncated,
        int tokens) {
    public GuardScores {
        byCode = Map.copyOf(byCode);
        unlisted = List.copyOf(unlisted);
    }

    /** Nothing was found. */
    public static GuardScores safe(int tokens) {
        return new GuardScores(0, Map.of(), List.of(), false, false, tokens);
    }
}
