package dev.herd.api;

import dev.herd.api.CompletionHead.Echo;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.Completion;
import dev.herd.api.openai.CompletionRequest;
import dev.herd.api.openai.FieldRules;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.PromptInput;
import dev.herd.engine.SampledToken;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.TextSource;
import dev.herd.tokenizer.Tokenizer;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code POST /v1/completions}: texts or token ids in, what comes next out, whole or streamed. */
@Path("/v1/completions")
@Tag(name = "Completions")
final class CompletionsResource {
    private final ChatService chat;
    private final ModelSource models;
    private final InstantSource clock;
    private final Replies replies;
    private final SafetySessions sessions;
    private final CallerLimits limits;

    CompletionsResource(
            ChatService chat,
            ModelSource models,
            InstantSource clock,
            Replies replies,
            SafetySessions sessions,
            CallerLimits limits) {
        this.chat = chat;
        this.models = models;
        this.clock = clock;
        this.replies = replies;
        this.limits = limits;
        this.sessions = sessions;
    }

    /** Encodes and submits on a worker thread, and leaves it before the first token. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(
            operationId = "createCompletion",
            summary = "Goes on with a text.",
            description = "The text is computed as it is, without a conversation around it; only the begin-of-text"
                    + " token is put before it. Token ids are computed without any addition. With `stream: true` the"
                    + " answer comes as server-sent events, the last one `data: [DONE]`.")
    @APIResponse(
            responseCode = "200",
            description = "The completion.",
            content = {
                @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Completion.class)),
                @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(implementation = Completion.class))
            })
    public Uni<Response> create(@NotNull @Valid CompletionRequest request, @Context RoutingContext http) {
        ServedModel model = models.current();
        model.requireName(request.model());
        check(request, model);
        SafetySession safety = sessions.open(http, model, request.safety());
        List<Segment> texts = texts(request.prompt(), model);
        Optional<List<Segment>> admitted = safety.admit(texts, "prompt");
        PromptInput prompt = admitted.map(judged -> judged.equals(texts) ? request.prompt() : replaced(judged))
                .orElse(request.prompt());
        Answer answer = admitted.isEmpty()
                ? chat.refusing(request.prompt().count() * request.choiceCount(), safety)
                : chat.submit(
                        request,
                        model,
                        prompts(prompt, model),
                        admitted.get().stream().map(Segment::text).toList(),
                        safety);
        CompletionHead head = head(request, prompt, model);
        List<String> ignored = FieldRules.COMPLETION.ignored(request.others());
        if (request.wantsStream()) {
            StreamBody body =
                    new StreamBody(answer, (json, stream, onEnd) -> new StreamedCompletion(head, json, stream, onEnd));
            return Uni.createFrom().item(replies.stream(body, ignored, http).build());
        }
        return replies.<Completion>whole(answer, emitter -> new WholeCompletion(head, emitter), http)
                .map(completion -> Replies.json(completion, answer, ignored).build());
    }

    private static void check(CompletionRequest request, ServedModel model) {
        FieldRules.COMPLETION.check(request.others());
        int choices = request.choiceCount();
        if (request.bestOf() != null && request.bestOf() < choices) {
            throw ApiException.invalidValue("best_of", "'best_of' must be at least 'n'.");
        }
        if (request.bestOf() != null && request.bestOf() > choices) {
            throw ApiException.unsupportedParameter("best_of");
        }
        if (request.streamOptions() != null
                && Boolean.TRUE.equals(request.streamOptions().includeObfuscation())) {
            throw ApiException.unsupportedParameter("stream_options.include_obfuscation");
        }
        if (request.prompt().count() == 0) {
            throw ApiException.invalidValue("prompt", "'prompt' is an empty list.");
        }
        if (choices > model.requestLimit()) {
            throw ApiException.invalidValue("n", "'n' must be at most " + model.requestLimit() + " on this server.");
        }
        if ((long) request.prompt().count() * choices > model.requestLimit()) {
            throw ApiException.invalidValue(
                    "prompt", "Prompts times 'n' must be at most " + model.requestLimit() + " on this server.");
        }
    }

    /** Token ids are judged by the text that they stand for. */
    private List<Segment> texts(PromptInput input, ServedModel model) {
        List<String> texts = switch (input) {
            case PromptInput.Texts(List<String> prompts) -> prompts;
            case PromptInput.TokenIds(List<int[]> prompts, boolean isSingle) -> {
                prompts(input, model); // so that ids that do not exist are told of first
                yield prompts.stream().map(ids -> model.tokenizer().decode(ids)).toList();
            }
        };
        return texts.stream()
                .map(text -> new Segment(TextSource.USER, text, List.of(), "prompt"))
                .toList();
    }

    private static PromptInput replaced(List<Segment> segments) {
        return new PromptInput.Texts(segments.stream().map(Segment::text).toList());
    }

    private List<int[]> prompts(PromptInput input, ServedModel model) {
        List<int[]> prompts = switch (input) {
            case PromptInput.Texts(List<String> texts) ->
                texts.stream().map(text -> model.promptFormat().bare(text)).toList();
            case PromptInput.TokenIds(List<int[]> ids, boolean isSingle) -> {
                for (int i = 0; i < ids.size(); i++) {
                    requireIds(ids.get(i), isSingle ? "prompt" : "prompt[" + i + "]", model.vocabularySize());
                }
                yield ids;
            }
        };
        for (int[] prompt : prompts) {
            ChatService.requireFits(prompt.length, limits.contextLength(model), "prompt");
        }
        return prompts;
    }

    private static void requireIds(int[] ids, String path, int vocabularySize) {
        if (ids.length == 0) {
            throw ApiException.invalidValue(path, "The list of token ids is empty.");
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabularySize) {
                throw ApiException.invalidValue(
                        path + "[" + i + "]", "Token ids run from 0 to " + (vocabularySize - 1) + ".");
            }
        }
    }

    /** A text comes after the begin-of-text token, which is not shown; nothing comes before the first of token ids. */
    private static List<LogProbs.Item> unscored(PromptInput input, int prompt, Tokenizer tokenizer) {
        return switch (input) {
            case PromptInput.Texts texts -> List.of();
            case PromptInput.TokenIds(List<int[]> ids, boolean isSingle) ->
                List.of(TokenItems.item(tokenizer, new SampledToken(ids.get(prompt)[0], Float.NaN, List.of())));
        };
    }

    private CompletionHead head(CompletionRequest request, PromptInput prompts, ServedModel model) {
        List<Echo> echoes = new ArrayList<>();
        List<String> texts = switch (prompts) {
            case PromptInput.Texts(List<String> plain) -> plain;
            case PromptInput.TokenIds(List<int[]> all, boolean isSingle) ->
                all.stream().map(ids -> model.tokenizer().decode(ids)).toList();
        };
        for (int choice = 0; choice < texts.size() * request.choiceCount(); choice++) {
            int prompt = choice / request.choiceCount();
            echoes.add(new Echo(
                    request.wantsEcho() ? texts.get(prompt) : "",
                    request.wantsPromptLogprobs() ? unscored(prompts, prompt, model.tokenizer()) : List.of()));
        }
        return new CompletionHead(
                Ids.make("cmpl-"),
                clock.instant().getEpochSecond(),
                model.name(),
                echoes,
                request.wantsPromptLogprobs(),
                request.wantsLogprobs(),
                request.wantsStreamUsage());
    }
}
