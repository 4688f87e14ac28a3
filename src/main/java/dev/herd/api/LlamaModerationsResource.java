package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.herd.api.llama.LlamaChatRequest.LlamaMessage;
import dev.herd.api.llama.LlamaModeration;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ErrorBody;
import dev.herd.safety.Caller;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Conversation;
import dev.herd.safety.Direction;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardImage;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import dev.herd.safety.TextSource;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code POST /llama/v1/moderations}: what a guard says of the last message of a conversation, in Meta's form. */
@Path("/llama/v1/moderations")
@Tag(name = "Llama")
final class LlamaModerationsResource {
    private static final Map<String, String> NAMES = GuardCategory.BUILT_IN.stream()
            .collect(Collectors.toUnmodifiableMap(GuardCategory::code, GuardCategory::name));

    private final Moderations moderations;

    LlamaModerationsResource(Moderations moderations) {
        this.moderations = moderations;
    }

    /** Asks the guard. */
    @POST
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createLlamaModeration",
            summary = "Judges the last message of a conversation for Meta's clients.",
            description = "An assistant's message is judged as an answer, any other as what goes to the model. System"
                    + " messages are not shown to the guard; the text and the pictures of all others are.")
    @APIResponse(
            responseCode = "200",
            description = "The judgement.",
            content = @Content(schema = @Schema(implementation = LlamaModeration.class)))
    @APIResponse(
            responseCode = "400",
            description = "The conversation cannot be judged.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "404",
            description = "There is no such guard.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(
            responseCode = "503",
            description = "The guard gives no answer, or is being loaded.",
            content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    public LlamaModeration create(@NotNull @Valid LlamaModeration.Request request, @Context RoutingContext http) {
        ContentGuard guard = moderations.guard(request.model());
        Caller caller = Access.of(http).caller();
        List<String> urls = urls(request.messages());
        if (!urls.isEmpty() && !guard.seesPictures()) {
            throw Moderations.blind(guard, "messages");
        }
        return moderations.withPictures(urls, "messages", images -> {
            List<GuardTurn> turns = Conversation.turns(segments(request.messages(), images.iterator()));
            if (turns.isEmpty()) {
                throw ApiException.invalidValue("messages", "There is no message that could be judged.");
            }
            Direction direction = turns.getLast().speaker() == Speaker.AGENT ? Direction.OUTPUT : Direction.INPUT;
            GuardScores scores = moderations.ask(guard, direction, turns, caller);
            List<String> flagged =
                    Moderations.flagged(scores).stream().map(NAMES::get).toList();
            return new LlamaModeration(
                    guard.name(), List.of(new LlamaModeration.Result(Moderations.isFlagged(scores), flagged)));
        });
    }

    private static List<String> urls(List<LlamaMessage> messages) {
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            for (JsonNode part : parts(messages.get(i), "messages[" + i + "].content")) {
                if (isPicture(part)) {
                    urls.add(part.path("image_url").path("url").textValue());
                }
            }
        }
        return urls;
    }

    private static boolean isPicture(JsonNode part) {
        return part.path("image_url").path("url").isTextual();
    }

    /** The messages with their pictures, which come in order. */
    private static List<Segment> segments(List<LlamaMessage> messages, Iterator<GuardImage> pictures) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            LlamaMessage message = messages.get(i);
            String path = "messages[" + i + "]";
            TextSource source = switch (message.role()) {
                case "system" -> TextSource.SYSTEM;
                case "user" -> TextSource.USER;
                case "tool" -> TextSource.TOOL;
                case "assistant" -> TextSource.ASSISTANT;
                default -> throw ApiException.invalidValue(path + ".role", "There is no such role.");
            };
            StringBuilder text = new StringBuilder();
            List<GuardImage> own = new ArrayList<>();
            for (JsonNode part : parts(message, path + ".content")) {
                if (isPicture(part)) {
                    own.add(pictures.next());
                } else {
                    text.append(part.path("text").asText());
                }
            }
            segments.add(new Segment(source, text + calls(message), own, path));
        }
        return segments;
    }

    private static List<JsonNode> parts(LlamaMessage message, String path) {
        JsonNode content = message.content();
        if (content == null || content.isNull()) {
            return List.of();
        }
        if (content.isTextual()) {
            return List.of(JsonNodeFactory.instance.objectNode().set("text", content));
        }
        List<JsonNode> parts = new ArrayList<>();
        for (JsonNode part : content.isArray() ? content : List.of(content)) {
            if (!part.path("text").isTextual() && !isPicture(part)) {
                throw ApiException.invalidValue(path, "Only text and pictures can be judged here.");
            }
            parts.add(part);
        }
        return parts;
    }

    /** What an assistant calls is what it says: a guard's category of code abuse is about it. */
    private static String calls(LlamaMessage message) {
        if (message.toolCalls() == null) {
            return "";
        }
        return message.toolCalls().stream()
                .filter(call -> call.function() != null)
                .map(call ->
                        "\n" + call.function().name() + " " + call.function().arguments())
                .collect(Collectors.joining());
    }
}
