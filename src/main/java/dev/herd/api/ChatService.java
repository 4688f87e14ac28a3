package dev.herd.api;

import dev.herd.api.Answer.PromptCost;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatMapping;
import dev.herd.api.openai.GenerationFields;
import dev.herd.api.openai.ResponseFormat;
import dev.herd.api.openai.ToolOffer;
import dev.herd.chat.AnswerText;
import dev.herd.chat.ToolCallParser;
import dev.herd.engine.ContextLengthException;
import dev.herd.engine.EngineClosedException;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.PromptImage;
import dev.herd.engine.QueueFullException;
import dev.herd.engine.SamplingParams;
import dev.herd.grammar.TokenGrammar;
import dev.herd.media.TileMemory;
import dev.herd.safety.Exchange.Segment;
import dev.herd.tenant.RateLimits.Admission;
import dev.herd.tokenizer.Tokenizer;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Turns a chat request into an answer in the making. */
@Singleton
final class ChatService {
    private static final int MOST_BEFORE = 4096;

    private final ModelSource models;
    private final AnswerRecorder recorder;
    private final RandomGenerator random;
    private final AnswerGrammars grammars;
    private final ChatPrompts prompts;
    private final CallerLimits limits;
    private final SafetySessions sessions;

    ChatService(
            ModelSource models,
            AnswerRecorder recorder,
            RandomGenerator random,
            AnswerGrammars grammars,
            ChatPrompts prompts,
            CallerLimits limits,
            SafetySessions sessions) {
        this.models = models;
        this.recorder = recorder;
        this.random = random;
        this.grammars = grammars;
        this.prompts = prompts;
        this.limits = limits;
        this.sessions = sessions;
    }

    /**
     * What clients are told of the model's identity.
     *
     * @throws ApiException while there is no model
     */
    String systemFingerprint() {
        return models.current().fingerprint();
    }

    /**
     * Judges the conversation, renders it and hands it to the engine, once per choice. Takes time proportional to the
     * text, and waits for guards; not for an event loop.
     *
     * @param http on whose behalf
     * @param moderation what the request itself wants to be judged by
     * @throws ApiException if the request cannot be served
     */
    Answer answer(ChatCompletionRequest request, RoutingContext http, Optional<ChatModeration> moderation) {
        ServedModel model = models.current();
        model.requireName(request.model());
        limits.requireModel(model.name());
        if (request.choiceCount() > model.requestLimit()) {
            throw ApiException.invalidValue("n", "'n' must be at most " + model.requestLimit() + " on this server.");
        }
        ChatPrompts.requireSupported(request);
        SafetySession safety = sessions.open(http, model, request.safety());
        ChatSegments.requireImages(request, safety.answers());
        RequestMedia media = prompts.media(request, model, safety.answers().maxPixels());
        boolean isSeen = safety.showsPictures()
                || moderation.filter(ChatModeration::showsPictures).isPresent();
        GuardPictures pictures = prompts.guardPictures(media, isSeen);
        try {
            List<Segment> segments = ChatSegments.of(request, pictures);
            moderation.ifPresent(wanted -> wanted.admit(segments));
            Optional<List<Segment>> admitted = safety.admit(segments, "messages");
            if (admitted.isEmpty()) {
                pictures.close();
                return Answer.refusing(request.choiceCount(), recorder, safety);
            }
            ChatCompletionRequest judged = ChatSegments.replaced(request, admitted.get());
            ChatCompletionRequest shown = ChatSegments.withPreamble(judged, safety.answers());
            int added = shown.messages().size() - request.messages().size();
            return answer(shown, prompt(shown, added, model, media), model, new Judged(safety, pictures));
        } catch (RuntimeException refused) {
            pictures.close();
            throw refused;
        }
    }

    /** Messages that the policy has added are not the client's: errors count without them. */
    private ChatPrompt prompt(ChatCompletionRequest shown, int added, ServedModel model, RequestMedia media) {
        try {
            return prompts.prompt(shown, model, media);
        } catch (ApiException error) {
            throw error.renamed(path -> ChatSegments.shifted(path, -added));
        }
    }

    /** What judges an answer, and what it is shown of the request for that. */
    private record Judged(SafetySession safety, GuardPictures pictures) {}

    private Answer answer(ChatCompletionRequest request, ChatPrompt prompt, ServedModel model, Judged judged) {
        ToolOffer offer = request.toolOffer();
        SafetySession safety = judged.safety();
        requireFits(prompt.tokens().length, limits.contextLength(model), "messages");
        TileMemory.Lease memory = prompts.reserve(prompt);
        try {
            PromptCost cost = new PromptCost(prompt.tokens().length, prompt.imageTokens(), generated -> {
                memory.close();
                judged.pictures().close();
            });
            safety.watch(List.of(ChatSegments.beginning(request)), wantsJson(request));
            return submit(
                    request,
                    offer,
                    model,
                    new Ready(List.of(prompt.tokens()), prompts.images(prompt, model), cost, safety));
        } catch (RuntimeException refused) {
            memory.close();
            throw refused;
        }
    }

    private static boolean wantsJson(GenerationFields fields) {
        return ResponseFormat.find(fields.others())
                .filter(format ->
                        format.kind() == ResponseFormat.Kind.OBJECT || format.kind() == ResponseFormat.Kind.SCHEMA)
                .isPresent();
    }

    /**
     * The conversation as the model computes it.
     *
     * @throws ApiException if a field is not supported or a message cannot be shown to the model
     */
    int[] prompt(ChatCompletionRequest request, ServedModel model) {
        limits.requireModel(model.name());
        return prompts.prompt(request, model, prompts.media(request, model, Integer.MAX_VALUE))
                .tokens();
    }

    /**
     * Hands prompts that fit the context to the engine, each once per choice; the choices of a prompt lie together.
     *
     * @param texts those that the prompts stand for
     * @param safety has admitted the prompts
     * @throws ApiException if the engine refuses them
     */
    Answer submit(
            GenerationFields fields, ServedModel model, List<int[]> prompts, List<String> texts, SafetySession safety) {
        limits.requireModel(model.name());
        int promptTokens = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        boolean isJson = wantsJson(fields);
        safety.watch(
                isJson
                        ? List.of("") // it begins anew, whatever stands before
                        : texts.stream()
                                .flatMap(text -> Collections.nCopies(fields.choiceCount(), end(text)).stream())
                                .toList(),
                isJson);
        Ready ready = new Ready(prompts, List.of(), new PromptCost(promptTokens, 0, generated -> {}), safety);
        return submit(fields, ToolOffer.NONE, model, ready);
    }

    /** As much of a text as what is looked for may begin in. */
    private static String end(String text) {
        int from = Math.max(0, text.length() - MOST_BEFORE);
        return text.substring(from > 0 && Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
    }

    /** An answer that says for each choice that nothing was generated. */
    Answer refusing(int choices, SafetySession safety) {
        return Answer.refusing(choices, recorder, safety);
    }

    /** Prompts with the pictures that each of them shows. */
    private record Ready(List<int[]> prompts, List<PromptImage> images, PromptCost cost, SafetySession safety) {}

    private Answer submit(GenerationFields fields, ToolOffer offer, ServedModel model, Ready ready) {
        limits.requireSampling(fields);
        SamplingParams sampling = ChatMapping.sampling(
                fields, limits.defaults(model.defaults()), model.vocabularySize(), random.nextLong());
        Optional<TokenGrammar> grammar = grammars.find(fields, offer, model);
        Set<Integer> stopTokens = stopTokens(fields, model);
        List<GenerationRequest> requests = new ArrayList<>();
        List<ChoiceText> choices = new ArrayList<>();
        for (int choice = 0; choice < ready.prompts().size() * fields.choiceCount(); choice++) {
            int[] prompt = ready.prompts().get(choice / fields.choiceCount());
            GenerationRequest request = new GenerationRequest(
                    prompt,
                    withSeed(sampling, sampling.seed() + choice),
                    Math.min(limits.maxTokens(maxTokens(fields)), limits.contextLength(model) - prompt.length),
                    stopTokens,
                    ready.images(),
                    grammar,
                    integer(fields.minTokens()),
                    integer(fields.priority()),
                    cacheScope(fields, limits));
            requests.add(fields.wantsPromptLogprobs() ? request.withPromptLogProbs(sampling.topLogProbs()) : request);
            choices.add(choice(fields, offer, model));
        }
        Admission admission = admit(ready, requests);
        try {
            return Answer.submit(
                    model.engine(),
                    requests,
                    choices,
                    ready.cost().andThen(admission::finish),
                    recorder,
                    ready.safety());
        } catch (QueueFullException full) {
            throw ApiException.overloaded(full.retryAfter());
        } catch (EngineClosedException closed) {
            throw ApiException.shuttingDown();
        } catch (ContextLengthException tooLong) {
            throw contextLengthExceeded(tooLong.promptTokens(), tooLong.contextLength(), null);
        } catch (RuntimeException failure) {
            admission.finish(0); // nothing has begun that would give back what was taken
            throw failure;
        }
    }

    /** Choices of one prompt share it. */
    private Admission admit(Ready ready, List<GenerationRequest> requests) {
        long outputTokens =
                requests.stream().mapToLong(GenerationRequest::maxTokens).sum();
        return limits.admit(ready.cost().tokens(), outputTokens, ready.images().size());
    }

    private static ChoiceText choice(GenerationFields fields, ToolOffer offer, ServedModel model) {
        Tokenizer tokenizer = model.tokenizer();
        boolean showsSpecials = Boolean.FALSE.equals(fields.skipSpecialTokens());
        Set<Integer> markers = offer.tools().isEmpty() ? Set.of() : ToolCallParser.markers(tokenizer);
        AnswerText text = new AnswerText(
                tokenizer,
                orEmpty(fields.stop()),
                new AnswerText.Style(
                        Boolean.TRUE.equals(fields.includeStopStrInOutput()),
                        special -> showsSpecials || markers.contains(special),
                        integer(fields.minTokens())));
        return offer.tools().isEmpty()
                ? new ChoiceText(text, tokenizer, fields.wantsLogprobs())
                : new ChoiceText(
                        text,
                        tokenizer,
                        fields.wantsLogprobs(),
                        new ToolCallParser(offer.definitions()),
                        offer.isParallel());
    }

    /**
     * Whose prompts may share what was computed of them. Not those with a seed: what is found in the cache was rounded
     * otherwise than what is computed, and their answers are to be the same again.
     */
    private static Optional<String> cacheScope(GenerationFields fields, CallerLimits limits) {
        return fields.seed() == null ? Optional.of(limits.cacheSalt(fields.cacheSalt())) : Optional.empty();
    }

    private static int integer(@Nullable Integer number) {
        return number == null ? 0 : number;
    }

    /** A request beyond the context is not an error: the answer ends where the context does and says so. */
    private static int maxTokens(GenerationFields fields) {
        Integer limit = fields.tokenLimit();
        return limit == null ? Integer.MAX_VALUE : limit;
    }

    private static Set<Integer> stopTokens(GenerationFields request, ServedModel model) {
        Set<Integer> stopTokens = new HashSet<>(orEmpty(request.stopTokenIds()));
        if (stopTokens.stream().anyMatch(id -> id >= model.vocabularySize())) {
            throw ApiException.invalidValue(
                    "stop_token_ids", "Token ids go from 0 to " + (model.vocabularySize() - 1) + ".");
        }
        if (!Boolean.TRUE.equals(request.ignoreEos())) {
            stopTokens.addAll(model.stopTokens());
        }
        return stopTokens;
    }

    /**
     * Requires that a prompt leaves room for an answer.
     *
     * @param field what is named if it does not
     * @throws ApiException 400
     */
    static void requireFits(int promptTokens, int contextLength, String field) {
        if (promptTokens >= contextLength) {
            throw contextLengthExceeded(promptTokens, contextLength, field);
        }
    }

    private static ApiException contextLengthExceeded(int promptTokens, int contextLength, @Nullable String field) {
        return ApiException.invalidRequest(
                400,
                "The context is at most " + contextLength + " tokens, answer included, but the prompt is "
                        + promptTokens + " tokens.",
                field,
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
                sampling.topLogProbs(),
                sampling.watchedTokens());
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
