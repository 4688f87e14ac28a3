package dev.herd.api;

import dev.herd.media.MediaException;
import dev.herd.media.PromptPictures;
import java.util.List;

/**
 * A conversation as the model computes it.
 *
 * @param tokens the prompt, in which pictures are placeholders
 * @param pictures what they stand for; not decoded yet
 * @param imageTokens tokens that the pictures take in the prompt
 * @param fields the request's field that each picture or video came in
 */
record ChatPrompt(int[] tokens, PromptPictures pictures, int imageTokens, List<String> fields) {
    ChatPrompt {
        fields = List.copyOf(fields);
    }

    /** A prompt without pictures. */
    static ChatPrompt ofText(int[] tokens) {
        return new ChatPrompt(tokens, new PromptPictures(List.of()), 0, List.of());
    }

    /** The field that a refusal is about. */
    String field(MediaException refused) {
        return refused.input().isPresent() ? fields.get(refused.input().getAsInt()) : "messages";
    }
}
