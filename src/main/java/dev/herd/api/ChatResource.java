package dev.herd.api;

import dev.herd.api.openai.ChatCompletion;
import dev.herd.api.openai.ChatCompletionChunk;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ErrorBody;
import dev.herd.api.openai.OtherFields;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code POST /v1/chat/completions}: a conversation in, the next message out, whole or streamed. */
@Path("/v1/chat/completions")
@Tag(name = "Chat")
final class ChatResource {
    private final ChatService chat;
    private final Moderations moderations;
    private final InstantSource clock;
    private final Replies replies;

    ChatResource(ChatService chat, Moderations moderations, InstantSource clock, Replies replies) {
        this.chat = chat;
        this.moderations = moderations;
        this.clock = clock;
        this.replies = replies;
    }

    /** Parses, renders and submits on a worker thread, and leaves it before the first token. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(
            operationId = "createChatCompletion",
            summary = "Answers a conversation.",
            description = "With `stream: true` the answer comes as server-sent events, each `data: ` and a"
                    + " ChatCompletionChunk, the last one `data: [DONE]`. An error that happens after the first event"
                    + " comes as an event with an ErrorBody, without `[DONE]`. Fields that have no effect are named in"
                    + " the header X-Ignored-Params; fields of OpenAI's that are not supported are refused.")
    @APIResponse(
            responseCode = "200",
            description = "The answer.",
            headers =
                    @Header(
                            name = Replies.IGNORED_PARAMS,
                            description = "Fields of the request that had no effect.",
                            schema = @Schema(implementation = String.class)),
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = ChatCompletion.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(implementation = ChatCompletionChunk.class))
            })
    @APIResponse(
            responseCode = "400",
            description = "The request is malformed, too long, or asks for what is not supported.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "404",
            description = "There is no such model.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "429",
            description = "Too many requests are waiting; Retry-After says when to come back.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "503",
            description = "The model is being loaded, or the server shuts down.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ErrorBody.class)))
    public Uni<Response> create(
            @NotNull @Valid ChatCompletionRequest request, @jakarta.ws.rs.core.Context RoutingContext http) {
        String fingerprint = chat.systemFingerprint();
        Optional<ChatModeration> moderation =
                ChatModeration.of(request, moderations, Access.of(http).caller());
        Answer answer = chat.answer(request, http, moderation);
        String id = "chatcmpl-" + UUID.randomUUID().toString().replace("-", "");
        AnswerHead head = AnswerHead.of(id, clock.instant().getEpochSecond(), request, fingerprint);
        List<String> ignored = OtherFields.ignored(request);
        UnaryOperator<AnswerSink> judged =
                sink -> moderation.map(wanted -> wanted.before(sink, answer)).orElse(sink);
        if (request.wantsStream()) {
            StreamBody body = new StreamBody(
                    answer, (json, stream, onEnd) -> judged.apply(new StreamedAnswer(head, json, stream, onEnd)));
            return Uni.createFrom().item(replies.stream(body, ignored, http).build());
        }
        return replies.<ChatCompletion>whole(answer, emitter -> judged.apply(new WholeAnswer(head, emitter)), http)
                .map(completion -> Replies.json(completion, answer, ignored).build());
    }
}
