package dev.herd.engine;

import java.util.List;

/**
 * A token that was chosen.
 *
 * @param id its id
 * @param logProb natural logarithm of its probability under the model (before temperature and cut-offs, after bias,
 *     penalties and what a constraint excludes); NaN if log-probabilities were not asked for
 * @param alternatives the most likely tokens, best first, then those that are watched; empty if none were asked for
 */
public record SampledToken(int id, float logProb, List<Alternative> alternatives) {
    public SampledToken {
        alternatives = List.copyOf(alternatives);
    }

    /** A token and the natural logarithm of its probability. */
    public record Alternative(int id, float logProb) {}
}
