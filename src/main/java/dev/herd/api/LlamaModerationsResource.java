package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.llama.LlamaChatRequest.LlamaMessage;
import dev.herd.api.llama.LlamaModeration;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ErrorBody;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
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
                    + " messages are not shown to the guard; of content parts the text is.")
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
        List<GuardTurn> turns = turns(request.messages());
        Direction direction = turns.getLast().speaker() == Speaker.AGENT ? Direction.OUTPUT : Direction.INPUT;
        GuardScores scores =
                moderations.ask(guard, direction, turns, Access.of(http).caller());
        List<String> flagged =
                Moderations.flagged(scores).stream().map(NAMES::get).toList();
        return new LlamaModeration(
                guard.name(), List.of(new LlamaModeration.Result(Moderations.isFlagged(scores), flagged)));
    }

    private static List<GuardTurn> turns(List<LlamaMessage> messages) {
        List<GuardTurn> turns = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            LlamaMessage message = messages.get(i);
            String path = "messages[" + i + "]";
            String text = text(message, path + ".content");
            switch (message.role()) {
                case "system" -> {}
                case "user" -> turns.add(new GuardTurn(Speaker.USER, text));
                case "tool" -> turns.add(new GuardTurn(Speaker.USER, ChatModeration.TOOL_RESULT + text));
                case "assistant" -> turns.add(new GuardTurn(Speaker.AGENT, text + calls(message)));
                default -> throw ApiException.invalidValue(path + ".role", "There is no such role.");
            }
        }
        if (turns.isEmpty()) {
            throw ApiException.invalidValue("messages", "There is no message that could be judged.");
        }
        return turns;
    }

    private static String text(LlamaMessage message, String path) {
        JsonNode content = message.content();
        if (content == null || content.isNull()) {
            return "";
        }
        if (content.isTextual()) {
            return content.textValue();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content.isArray() ? content : List.of(content)) {
            if (!part.path("text").isTextual()) {
                throw ApiException.invalidValue(path, "Only text can be judged here.");
            }
            text.append(part.path("text").textValue());
        }
        return text.toString();
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
