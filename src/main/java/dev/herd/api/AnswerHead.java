package dev.herd.api;

import dev.herd.api.openai.ChatCompletionRequest;

/**
 * What all parts of an answer have in common.
 *
 * @param created seconds since 1970
 */
record AnswerHead(
        String id, long created, String model, int choiceCount, boolean wantsLogProbs, boolean wantsStreamUsage) {
    static AnswerHead of(String id, long created, ChatCompletionRequest request) {
        return new AnswerHead(
                id,
                created,
                request.model(),
                request.choiceCount(),
                request.wantsLogprobs(),
                request.wantsStreamUsage());
    }
}
