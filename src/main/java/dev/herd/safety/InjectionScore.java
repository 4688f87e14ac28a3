package dev.herd.safety;

/**
 * What an injection detector says.
 *
 * @param score 0 to 1
 * @param start first character of the part that scored highest
 * @param end the character behind it
 * @param isTruncated whether it has not seen all of the text
 * @param tokens how many tokens it has computed
 */
public record InjectionScore(double score, int start, int end, boolean isTruncated, int tokens) {}
