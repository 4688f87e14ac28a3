package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.api.llama.LlamaAnswer;
import dev.herd.api.llama.LlamaChatRequest;
import dev.herd.api.llama.LlamaChatRequest.LlamaMessage;
import dev.herd.api.llama.LlamaChatRequest.LlamaToolCall;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.FieldRules;
import dev.herd.api.openai.ModelObject;
import dev.herd.api.openai.OtherFields;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code /llama/v1}: the API that Meta's own clients speak, on the same chat service. */
@Path("/llama/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Llama")
final class LlamaResource {
    private final ChatService chat;
    private final ChatTranslator translator;
    private final ModelsResource models;
    private final Replies replies;
    private final ObjectMapper json;

    LlamaResource(
            ChatService chat, ChatTranslator translator, ModelsResource models, Replies replies, ObjectMapper json) {
        this.chat = chat;
        this.translator = translator;
        this.models = models;
        this.replies = replies;
        this.json = json;
    }

    /** Maps, renders and submits on a worker thread, and leaves it before the first token. */
    @POST
    @Path("chat/completions")
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(
            operationId = "createLlamaChatCompletion",
            summary = "Answers a conversation in the form of Meta's Llama API.",
            description = "With `stream: true` the answer comes as server-sent events; the stream ends after the event"
                    + " with the metrics.")
    @APIResponse(
            responseCode = "200",
            description = "The answer.",
            content = {
                @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = LlamaAnswer.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(implementation = LlamaAnswer.Chunk.class))
            })
    public Uni<Response> create(@NotNull @Valid LlamaChatRequest request, @Context RoutingContext http) {
        FieldRules.LLAMA.check(request.others());
        ChatCompletionRequest translated = translator.translate(chatFields(request), path -> path);
        Answer answer = chat.answer(translated, http, Optional.empty());
        String id = Ids.make("llama-");
        List<String> ignored = OtherFields.ignored(translated);
        if (request.wantsStream()) {
            StreamBody body = new StreamBody(
                    answer,
                    (writer, stream, onEnd) -> new LlamaSinks.Streamed(id, new EventJson(writer), stream, onEnd));
            return Uni.createFrom().item(replies.stream(body, ignored, http).build());
        }
        return replies.<LlamaAnswer>whole(answer, emitter -> new LlamaSinks.Whole(id, emitter), http)
                .map(whole -> Replies.json(whole, answer, ignored).build());
    }

    private ObjectNode chatFields(LlamaChatRequest request) {
        ObjectNode fields = json.createObjectNode();
        if (request.others() != null) {
            request.others().forEach((name, value) -> {
                if (!FieldRules.LLAMA.unsupported().contains(name)) {
                    fields.set(name, value);
                }
            });
        }
        fields.put("model", request.model());
        ArrayNode messages = fields.putArray("messages");
        request.messages().forEach(message -> messages.add(chatMessage(message)));
        fields.put("max_completion_tokens", request.maxCompletionTokens());
        fields.put("temperature", request.temperature());
        fields.put("top_p", request.topP());
        fields.put("top_k", request.topK());
        fields.put("repetition_penalty", request.repetitionPenalty());
        fields.put("stream", request.stream());
        fields.put("user", request.user());
        if (request.tools() != null && !request.tools().isEmpty()) {
            fields.putArray("tools").addAll(request.tools());
        }
        if (request.toolChoice() != null) {
            fields.set("tool_choice", request.toolChoice());
        }
        if (request.responseFormat() != null) {
            fields.set("response_format", request.responseFormat());
        }
        return fields;
    }

    private JsonNode chatMessage(LlamaMessage message) {
        ObjectNode mapped = json.createObjectNode().put("role", message.role());
        JsonNode content = message.content();
        if (content != null) {
            mapped.set("content", content.isObject() ? json.createArrayNode().add(content) : content);
        }
        if (message.toolCallId() != null) {
            mapped.put("tool_call_id", message.toolCallId());
        }
        if (message.toolCalls() != null && !message.toolCalls().isEmpty()) {
            ArrayNode calls = mapped.putArray("tool_calls");
            for (LlamaToolCall call : message.toolCalls()) {
                ObjectNode mappedCall = json.valueToTree(call);
                calls.add(mappedCall.put("type", "function"));
            }
        }
        return mapped;
    }

    @GET
    @Path("models")
    @Operation(
            operationId = "listLlamaModels",
            summary = "Lists the models for Meta's clients.",
            description = "The same list as at /v1/models.")
    @APIResponse(
            responseCode = "200",
            description = "The models.",
            content = @Content(schema = @Schema(implementation = ModelObject.Listing.class)))
    public ModelObject.Listing list() {
        return models.list();
    }

    @GET
    @Path("models/{model: .+}")
    @Operation(
            operationId = "retrieveLlamaModel",
            summary = "Describes a model for Meta's clients.",
            description = "The same as at /v1/models.")
    @APIResponse(
            responseCode = "200",
            description = "The model.",
            content = @Content(schema = @Schema(implementation = ModelObject.class)))
    public ModelObject retrieve(@PathParam("model") String name) {
        return models.retrieve(name);
    }
}
