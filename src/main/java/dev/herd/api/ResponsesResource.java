package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ResponseEvent;
import dev.herd.api.openai.ResponseItem;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.ResponseRequest;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /v1/responses}: turns of conversations that the server keeps. */
@Path("/v1/responses")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Responses")
final class ResponsesResource {
    private final ResponseService responses;
    private final ResponseStore store;
    private final InstantSource clock;
    private final Replies replies;
    private final Vertx vertx;
    private final CallerLimits limits;

    ResponsesResource(
            ResponseService responses,
            ResponseStore store,
            InstantSource clock,
            Replies replies,
            Vertx vertx,
            CallerLimits limits) {
        this.responses = responses;
        this.store = store;
        this.clock = clock;
        this.replies = replies;
        this.vertx = vertx;
        this.limits = limits;
    }

    /** Maps, renders and submits on a worker thread, and leaves it before the first token. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(
            operationId = "createResponse",
            summary = "Answers a turn of a conversation.",
            description = "With `stream: true` the answer comes as named server-sent events, the last one"
                    + " `response.completed`, `response.incomplete` or `response.failed`. A stored response can be"
                    + " gone on with by `previous_response_id`.")
    @APIResponse(
            responseCode = "200",
            description = "The response.",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = ResponseObject.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(implementation = ResponseEvent.class))
            })
    public Uni<Response> create(@NotNull @Valid ResponseRequest request, @Context RoutingContext http) {
        ResponseService.Turn turn = responses.turn(request, http);
        ResponseDraft draft = new ResponseDraft(request, clock.instant().getEpochSecond());
        if (request.wantsBackground()) {
            return Uni.createFrom()
                    .item(Replies.json(startInBackground(turn, draft), turn.answer(), turn.ignored())
                            .build());
        }
        if (request.wantsStream()) {
            StreamBody body = new StreamBody(
                    turn.answer(),
                    (json, stream, onEnd) -> turn.judged(new StreamedResponse(
                            draft, response -> responses.keep(turn, response), json, stream, onEnd)));
            return Uni.createFrom()
                    .item(replies.stream(body, turn.ignored(), http).build());
        }
        return replies.<ResponseObject>whole(
                        turn.answer(),
                        emitter -> turn.judged(new WholeResponse(
                                draft,
                                response -> {
                                    responses.keep(turn, response);
                                    emitter.complete(response);
                                },
                                emitter::fail)),
                        http)
                .map(response ->
                        Replies.json(response, turn.answer(), turn.ignored()).build());
    }

    private ResponseObject startInBackground(ResponseService.Turn turn, ResponseDraft draft) {
        ResponseObject queued = draft.state("queued");
        store.put(new StoredResponse(
                turn.tenant(), draft.state("in_progress"), turn.input(), turn.conversation(), turn.answer()));
        io.vertx.core.Context loop = vertx.getOrCreateContext();
        turn.answer()
                .start(
                        task -> loop.runOnContext(run -> task.run()),
                        turn.judged(new WholeResponse(
                                draft,
                                response -> store.end(responses.stored(turn, response)),
                                error -> store.end(responses.stored(turn, draft.failed(error))))));
        return queued;
    }

    @POST
    @Path("input_tokens")
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "countInputTokens",
            summary = "Counts what the model would read.",
            description = "Takes the same request as `POST /v1/responses` and generates nothing.")
    @APIResponse(
            responseCode = "200",
            description = "The count.",
            content = @Content(schema = @Schema(implementation = ResponseObject.InputTokens.class)))
    public ResponseObject.InputTokens count(@NotNull @Valid ResponseRequest request) {
        return new ResponseObject.InputTokens("response.input_tokens", responses.inputTokens(request));
    }

    @GET
    @Path("{id}")
    @Operation(
            operationId = "getResponse",
            summary = "Shows a stored response.",
            description = "Also one that is still being generated in the background.")
    @APIResponse(
            responseCode = "200",
            description = "The response.",
            content = @Content(schema = @Schema(implementation = ResponseObject.class)))
    public ResponseObject get(
            @PathParam("id") String id, @Parameter(hidden = true) @QueryParam("stream") @Nullable String stream) {
        if ("true".equals(stream)) {
            throw ApiException.unsupportedParameter("stream");
        }
        return stored(id).response();
    }

    @GET
    @Path("{id}/input_items")
    @Operation(
            operationId = "listInputItems",
            summary = "Shows what the client said in a stored response.",
            description = "All items of that turn, in order.")
    @APIResponse(
            responseCode = "200",
            description = "The items.",
            content = @Content(schema = @Schema(implementation = ResponseObject.ItemList.class)))
    public ResponseObject.ItemList items(@PathParam("id") String id) {
        List<ResponseItem> items = stored(id).input();
        return new ResponseObject.ItemList(
                "list", items, items.getFirst().id(), items.getLast().id(), false);
    }

    @DELETE
    @Path("{id}")
    @Operation(
            operationId = "deleteResponse",
            summary = "Forgets a stored response.",
            description = "One that is still being generated is cancelled.")
    @APIResponse(
            responseCode = "200",
            description = "It is forgotten.",
            content = @Content(schema = @Schema(implementation = ResponseObject.Deleted.class)))
    public ResponseObject.Deleted delete(@PathParam("id") String id) {
        if (!store.remove(limits.tenant(), id)) {
            throw notFound(id);
        }
        return new ResponseObject.Deleted(id, "response", true);
    }

    @POST
    @Path("{id}/cancel")
    @Operation(
            operationId = "cancelResponse",
            summary = "Ends the generation of a response in the background.",
            description = "A response that has ended stays as it is.")
    @APIResponse(
            responseCode = "200",
            description = "The response.",
            content = @Content(schema = @Schema(implementation = ResponseObject.class)))
    public ResponseObject cancel(@PathParam("id") String id) {
        StoredResponse response = stored(id);
        if (!response.response().background()) {
            throw ApiException.invalidRequest(400, "Only a response in the background can be cancelled.", null, null);
        }
        Answer running = response.running();
        if (running == null) {
            return response.response();
        }
        running.cancel();
        store.end(new StoredResponse(
                response.tenant(),
                response.response().withStatus("cancelled"),
                response.input(),
                response.conversation(),
                null));
        return stored(id).response();
    }

    private StoredResponse stored(String id) {
        return store.get(limits.tenant(), id).orElseThrow(() -> notFound(id));
    }

    private static ApiException notFound(String id) {
        return ApiException.invalidRequest(
                404, "There is no stored response '" + id + "'.", null, "response_not_found");
    }
}
