package dev.herd.api;

import dev.herd.api.openai.ChatCompletionRequest;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of an answer have in common.
 *
 * @param created seconds since 1970
 */
record AnswerHead(
        String id,
        long created,
        String model,
        int choiceCount,
        boolean wantsLogProbs,
        boolean wantsStreamUsage,
        @Nullable String serviceTier,
        String systemFingerprint) {
    static AnswerHead of(String id, long created, ChatCompletionRequest request, String systemFingerprint) {
        return new AnswerHead(
                id,
                created,
                request.model(),
                request.choiceCount(),
                request.wantsLogprobs(),
                request.wantsStreamUsage(),
                request.others() != null && request.others().containsKey("service_tier") ? "default" : null,
                systemFingerprint);
    }
}
