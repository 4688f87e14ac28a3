package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.FieldRules;
import dev.herd.api.openai.OtherFields;
import dev.herd.api.openai.ResponseItem;
import dev.herd.api.openai.ResponseMapping;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.ResponseOutput;
import dev.herd.api.openai.ResponseRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns a request for a response into an answer in the making, and keeps what came of it. */
@Singleton
final class ResponseService {
    private final ChatService chat;
    private final ChatTranslator translator;
    private final ModelSource models;
    private final ResponseStore store;
    private final ObjectMapper json;
    private final CallerLimits limits;
    private final Moderations moderations;

    ResponseService(
            ChatService chat,
            ChatTranslator translator,
            ModelSource models,
            ResponseStore store,
            ObjectMapper json,
            CallerLimits limits,
            Moderations moderations) {
        this.chat = chat;
        this.translator = translator;
        this.models = models;
        this.store = store;
        this.json = json;
        this.limits = limits;
        this.moderations = moderations;
    }

    /**
     * A turn: its answer in the making, and what is kept of it.
     *
     * @param tenant whose it is
     * @param conversation the chat messages before the answer
     * @param moderation what the request wants to be judged by
     * @param ignored names of fields without effect
     */
    record Turn(
            String tenant,
            Answer answer,
            List<ResponseItem> input,
            List<JsonNode> conversation,
            Optional<ChatModeration> moderation,
            List<String> ignored) {
        /** A sink of the answer, with the guard before it that the request has named. */
        AnswerSink judged(AnswerSink sink) {
            return moderation.map(wanted -> wanted.before(sink, answer)).orElse(sink);
        }
    }

    /**
     * Hands a request to the engine; not for an event loop.
     *
     * @param http on whose behalf
     * @throws ApiException if the request cannot be served
     */
    Turn turn(ResponseRequest request, RoutingContext http) {
        if (request.wantsBackground() && (request.wantsStream() || !request.wantsStore())) {
            throw ApiException.unsupportedParameter("background");
        }
        ResponseMapping mapping = map(request);
        ChatCompletionRequest translated = translator.translate(mapping.chat(), mapping::path);
        List<ResponseItem> input = items(request.input());
        try {
            List<String> ignored =
                    OtherFields.ignored(translated).stream().map(mapping::path).toList();
            Optional<ChatModeration> moderation =
                    ChatModeration.of(translated, moderations, Access.of(http).caller());
            Answer answer = chat.answer(translated, http, moderation);
            return new Turn(limits.tenant(), answer, input, mapping.conversation(), moderation, ignored);
        } catch (ApiException error) {
            throw error.renamed(mapping::path);
        }
    }

    /**
     * Tokens that the model would read.
     *
     * @throws ApiException if the request could not be served
     */
    int inputTokens(ResponseRequest request) {
        ServedModel model = models.current();
        ResponseMapping mapping = map(request);
        ChatCompletionRequest translated = translator.translate(mapping.chat(), mapping::path);
        try {
            return chat.prompt(translated, model).length;
        } catch (ApiException error) {
            throw error.renamed(mapping::path);
        }
    }

    /** Keeps a turn's response, unless its request does not want that. */
    void keep(Turn turn, ResponseObject response) {
        if (response.store()) {
            store.put(stored(turn, response));
        }
    }

    /** The response of a turn together with what a later turn needs of it. */
    StoredResponse stored(Turn turn, ResponseObject response) {
        List<JsonNode> conversation = new ArrayList<>(turn.conversation());
        if (!response.output().isEmpty()) {
            conversation.add(message(response.output()));
        }
        return new StoredResponse(turn.tenant(), response, turn.input(), conversation, null);
    }

    /** What the model said and called, as one chat message. */
    private JsonNode message(List<ResponseOutput> output) {
        StringBuilder text = new StringBuilder();
        ArrayNode calls = json.createArrayNode();
        for (ResponseOutput item : output) {
            if (item.content() != null) {
                item.content().forEach(part -> text.append(part.text() == null ? "" : part.text()));
            } else {
                ObjectNode call = calls.addObject().put("id", item.callId()).put("type", "function");
                call.putObject("function").put("name", item.name()).put("arguments", item.arguments());
            }
        }
        ObjectNode message = json.createObjectNode().put("role", "assistant").put("content", text.toString());
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        return message;
    }

    private ResponseMapping map(ResponseRequest request) {
        models.current().requireName(request.model());
        FieldRules.RESPONSE.check(request.others());
        return ResponseMapping.of(request, earlier(request), json);
    }

    private List<JsonNode> earlier(ResponseRequest request) {
        String id = request.previousResponseId();
        if (id == null) {
            return List.of();
        }
        StoredResponse previous = store.get(limits.tenant(), id)
                .orElseThrow(() -> ApiException.invalidRequest(
                        400,
                        "There is no stored response '" + id + "'.",
                        "previous_response_id",
                        "previous_response_not_found"));
        if (previous.running() != null) {
            throw ApiException.invalidValue(
                    "previous_response_id", "The response '" + id + "' is still being generated.");
        }
        return previous.conversation();
    }

    private List<ResponseItem> items(JsonNode input) {
        List<ResponseItem> items = new ArrayList<>();
        if (input.isTextual()) {
            items.add(item(json.createObjectNode().put("role", "user").put("content", input.textValue()), "input"));
        }
        for (int i = 0; i < input.size(); i++) {
            items.add(item(input.get(i).deepCopy(), "input[" + i + "]"));
        }
        return items;
    }

    private ResponseItem item(ObjectNode item, String path) {
        boolean isMessage = item.path("type").asText("message").equals("message");
        item.put("type", item.path("type").asText("message"));
        if (!item.hasNonNull("id")) {
            item.put("id", Ids.make(isMessage ? "msg_" : "fc_"));
        }
        if (isMessage && item.path("content").isTextual()) {
            boolean isOurs = item.path("role").asText().equals("assistant");
            ArrayNode parts = json.createArrayNode();
            parts.addObject().put("type", isOurs ? "output_text" : "input_text").set("text", item.get("content"));
            item.set("content", parts);
        }
        try {
            return json.treeToValue(item, ResponseItem.class);
        } catch (JsonProcessingException wrong) {
            throw ErrorMappers.error(wrong).renamed(field -> path + "." + field);
        }
    }
}
