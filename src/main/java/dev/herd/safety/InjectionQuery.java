package dev.herd.safety;

import java.time.Duration;

/**
 * A question to an injection detector: does the text try to take control of the model?
 *
 * @param overlapTokens tokens that neighbouring windows share, 0 to 255
 * @param maxWindows windows beyond which the middle of the text is left out
 * @param timeout how long the answer is waited for
 */
public record InjectionQuery(String text, TextSource source, int overlapTokens, int maxWindows, Duration timeout) {}
