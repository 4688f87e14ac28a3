package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatMapping;
import dev.herd.api.openai.OtherFields;
import dev.herd.chat.AnswerText;
import dev.herd.chat.PromptFormat;
import dev.herd.engine.ContextLengthException;
import dev.herd.engine.EngineClosedException;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.QueueFullException;
import dev.herd.engine.SamplingParams;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Turns a chat request into an answer in the making. */
@Singleton
final class ChatService {
    private final ModelSource models;
    private final AnswerRecorder recorder;
    private final RandomGenerator random;

    ChatService(ModelSource models, AnswerRecorder recorder, RandomGenerator random) {
        this.models = models;
        this.recorder = recorder;
        this.random = random;
    }

    /**
     * Renders the conversation and hands it to the engine, once per choice. Takes time proportional to the text; not for
     * an event loop.
     *
     * @throws ApiException if the request cannot be served
     */
    Answer answer(ChatCompletionRequest request) {
        ServedModel model = models.current();
        if (!model.name().equals(request.model())) {
            throw ApiException.modelNotFound(request.model());
        }
        OtherFields.refused(request).ifPresent(field -> {
            throw ApiException.unsupportedParameter(field);
        });
        if (request.choiceCount() > model.requestLimit()) {
            throw ApiException.invalidValue("n", "'n' must be at most " + model.requestLimit() + " on this server.");
        }
        int[] prompt = model.promptFormat().render(ChatMapping.messages(request), PromptFormat.Ending.ANSWER);
        requireFits(prompt.length, model.contextLength());
        return submit(request, model, prompt);
    }

    private Answer submit(ChatCompletionRequest request, ServedModel model, int[] prompt) {
        SamplingParams sampling =
                ChatMapping.sampling(request, model.defaults(), model.vocabularySize(), random.nextLong());
        int maxTokens = Math.min(maxTokens(request), model.contextLength() - prompt.length);
        List<GenerationRequest> requests = new ArrayList<>();
        List<ChoiceText> choices = new ArrayList<>();
        for (int choice = 0; choice < request.choiceCount(); choice++) {
            requests.add(new GenerationRequest(
                    prompt, withSeed(sampling, sampling.seed() + choice), maxTokens, stopTokens(request, model)));
            choices.add(new ChoiceText(
                    new AnswerText(model.tokenizer(), orEmpty(request.stop())),
                    model.tokenizer(),
                    request.wantsLogprobs()));
        }
        try {
            return Answer.submit(model.engine(), requests, choices, recorder);
        } catch (QueueFullException full) {
            throw ApiException.overloaded(full.retryAfter());
        } catch (EngineClosedException closed) {
            throw ApiException.shuttingDown();
        } catch (ContextLengthException tooLong) {
            throw contextLengthExceeded(tooLong.promptTokens(), tooLong.contextLength());
        }
    }

    /** A request beyond the context is not an error: the answer ends where the context does and says so. */
    private static int maxTokens(ChatCompletionRequest request) {
        Integer limit = request.maxCompletionTokens() != null ? request.maxCompletionTokens() : request.maxTokens();
        return limit == null ? Integer.MAX_VALUE : limit;
    }

    private static Set<Integer> stopTokens(ChatCompletionRequest request, ServedModel model) {
        Set<Integer> stopTokens = new HashSet<>(orEmpty(request.stopTokenIds()));
        if (!Boolean.TRUE.equals(request.ignoreEos())) {
            stopTokens.addAll(model.stopTokens());
        }
        return stopTokens;
    }

    private static void requireFits(int promptTokens, int contextLength) {
        if (promptTokens >= contextLength) {
            throw contextLengthExceeded(promptTokens, contextLength);
        }
    }

    private static ApiException contextLengthExceeded(int promptTokens, int contextLength) {
        return ApiException.invalidRequest(
                400,
                "The context is at most " + contextLength + " tokens, answer included, but the messages are "
                        + promptTokens + " tokens.",
                "messages",
                "context_length_exceeded");
    }

    private static SamplingParams withSeed(SamplingParams sampling, long seed) {
        return new SamplingParams(
                sampling.temperature(),
                sampling.topP(),
                sampling.topK(),
                sampling.minP(),
                sampling.repetitionPenalty(),
                sampling.frequencyPenalty(),
                sampling.presencePenalty(),
                sampling.logitBias(),
                seed,
                sampling.topLogProbs());
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
