package dev.herd.api;

import dev.herd.media.PromptPictures;
import java.util.List;

/**
 * A conversation as the model computes it.
 *
 * @param tokens the prompt, in which pictures are placeholders
 * @param pictures what they stand for; not decoded yet
 * @param imageTokens tokens that the pictures take in the prompt
 */
record ChatPrompt(int[] tokens, PromptPictures pictures, int imageTokens) {
    /** A prompt without pictures. */
    static ChatPrompt ofText(int[] tokens) {
        return new ChatPrompt(tokens, new PromptPictures(List.of()), 0);
    }
}
