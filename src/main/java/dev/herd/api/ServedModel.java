package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.SamplingDefaults;
import dev.herd.chat.PictureTokens;
import dev.herd.chat.PromptFormat;
import dev.herd.engine.Engine;
import dev.herd.tokenizer.Tokenizer;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The model that answers requests, with what it takes to turn messages into tokens and back.
 *
 * @param name what clients call it
 * @param loaded when it became ready
 * @param stopTokens ids that end an answer
 * @param defaults sampling that the checkpoint recommends
 * @param vocabularySize token ids run from 0 to this, exclusive
 * @param contextLength longest prompt and answer together, in tokens
 * @param fingerprint the same as long as the same seed gives the same answer
 * @param requestLimit requests that may run and wait together
 * @param sight how the model sees pictures; empty if it sees none
 */
public record ServedModel(
        String name,
        Instant loaded,
        Tokenizer tokenizer,
        PromptFormat promptFormat,
        Set<Integer> stopTokens,
        SamplingDefaults defaults,
        int vocabularySize,
        int contextLength,
        String fingerprint,
        int requestLimit,
        Optional<Sight> sight,
        Engine engine) {
    public ServedModel {
        stopTokens = Set.copyOf(stopTokens);
    }

    /**
     * How a model sees pictures.
     *
     * @param tileSize pixels per side of its tiles
     * @param tokens how pictures stand in its prompts
     */
    public record Sight(int tileSize, PictureTokens tokens) {}

    /**
     * Requires that a request asks for this model.
     *
     * @throws ApiException 404
     */
    void requireName(String requested) {
        if (!name.equals(requested)) {
            throw ApiException.modelNotFound(requested);
        }
    }
}
