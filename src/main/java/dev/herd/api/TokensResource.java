package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.DetokenizeRequest;
import dev.herd.api.openai.TokenizeRequest;
import io.smallrye.common.annotation.Blocking;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /tokenize} and {@code /detokenize}: texts and conversations as token ids, and back. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tokens")
final class TokensResource {
    private final ChatService chat;
    private final ChatTranslator translator;
    private final ModelSource models;
    private final ObjectMapper json;
    private final CallerLimits limits;

    TokensResource(
            ChatService chat, ChatTranslator translator, ModelSource models, ObjectMapper json, CallerLimits limits) {
        this.chat = chat;
        this.translator = translator;
        this.models = models;
        this.json = json;
        this.limits = limits;
    }

    /** What the model computes for a text or a conversation. */
    @POST
    @Path("tokenize")
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "tokenize",
            summary = "Turns a text or a conversation into token ids.",
            description = "Give exactly one of `prompt`, `content` and `messages`.")
    @APIResponse(
            responseCode = "200",
            description = "The tokens.",
            content = @Content(schema = @Schema(implementation = TokenizeRequest.Answer.class)))
    public TokenizeRequest.Answer tokenize(@NotNull @Valid TokenizeRequest request) {
        ServedModel model = models.current();
        limits.requireModel(model.name());
        if (request.model() != null) {
            model.requireName(request.model());
        }
        int[] tokens = tokens(request, model);
        boolean wantsTexts = Boolean.TRUE.equals(request.returnTokenStrs());
        return new TokenizeRequest.Answer(
                tokens.length,
                model.contextLength(),
                tokens,
                wantsTexts
                        ? Arrays.stream(tokens)
                                .mapToObj(token -> model.tokenizer().decode(token))
                                .toList()
                        : null);
    }

    private int[] tokens(TokenizeRequest request, ServedModel model) {
        JsonNode messages = given(request.messages());
        long inputs = Stream.of(request.prompt(), request.content(), messages)
                .filter(Objects::nonNull)
                .count();
        if (inputs != 1) {
            throw ApiException.invalidRequest(
                    400,
                    "Give exactly one of 'prompt', 'content' and 'messages'.",
                    inputs == 0 ? "prompt" : null,
                    inputs == 0 ? "missing_required_parameter" : "invalid_value");
        }
        if (messages != null) {
            ObjectNode conversation = json.createObjectNode();
            conversation.put("model", model.name());
            conversation.set("messages", messages);
            if (request.others() != null) {
                conversation.setAll(request.others());
            }
            return chat.prompt(translator.translate(conversation, path -> path), model);
        }
        return request.prompt() != null
                ? text(request.prompt(), !Boolean.FALSE.equals(request.addSpecialTokens()), model)
                : text(Objects.requireNonNull(request.content()), Boolean.TRUE.equals(request.addSpecial()), model);
    }

    /** Generated clients send an empty list for none. */
    private static @Nullable JsonNode given(@Nullable JsonNode messages) {
        return messages == null || messages.isNull() || (messages.isArray() && messages.isEmpty()) ? null : messages;
    }

    private static int[] text(String text, boolean isBegun, ServedModel model) {
        return isBegun ? model.promptFormat().bare(text) : model.tokenizer().encode(text);
    }

    /** What tokens say. */
    @POST
    @Path("detokenize")
    @Blocking
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "detokenize",
            summary = "Turns token ids into text.",
            description = "Special tokens are shown by name.")
    @APIResponse(
            responseCode = "200",
            description = "The text.",
            content = @Content(schema = @Schema(implementation = DetokenizeRequest.Answer.class)))
    public DetokenizeRequest.Answer detokenize(@NotNull @Valid DetokenizeRequest request) {
        ServedModel model = models.current();
        limits.requireModel(model.name());
        if (request.model() != null) {
            model.requireName(request.model());
        }
        List<Integer> tokens = request.tokens();
        IntStream.range(0, tokens.size())
                .filter(i -> tokens.get(i) >= model.vocabularySize())
                .findFirst()
                .ifPresent(i -> {
                    throw ApiException.invalidValue(
                            "tokens[" + i + "]", "Token ids run from 0 to " + (model.vocabularySize() - 1) + ".");
                });
        String text = model.tokenizer()
                .decode(tokens.stream().mapToInt(Integer::intValue).toArray());
        return new DetokenizeRequest.Answer(text, text);
    }
}
