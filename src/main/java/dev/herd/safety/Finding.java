package dev.herd.safety;

/**
 * Something that a scanner has found, or that it failed.
 *
 * @param scanner for example {@code pii}, {@code words} or the name of a guard
 * @param code what was found: an entity, the id of a list, a category; for a failure its status
 * @param source where the text comes from
 * @param span where in the text, as {@code segment:start-end} in characters; empty if it is about all of it
 * @param score 0 to 1; 1 for scanners that only know yes and no
 * @param threshold what the score was held against
 * @param action what the policy says about it
 * @param effective what is done about it: less than {@code action} if the policy only watches
 * @param isDetected false for a score below the threshold and for a failure
 * @param hash equal for equal things found while the server runs, and nothing that they can be told from; empty if there
 *     is no span
 * @param latencyMillis how long the scanner took, if it was asked by itself
 */
public record Finding(
        String scanner,
        String code,
        TextSource source,
        String span,
        double score,
        double threshold,
        Action action,
        Action effective,
        boolean isDetected,
        String hash,
        long latencyMillis) {}
