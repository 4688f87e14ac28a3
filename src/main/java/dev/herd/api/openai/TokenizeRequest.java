package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /tokenize}: exactly one of a text under one of its two names, or a conversation.
 *
 * @param model checked if it is there
 * @param prompt a text, as vLLM's clients send it
 * @param content a text, as llama.cpp's clients send it
 * @param messages a conversation, as in a chat request
 * @param addSpecialTokens whether {@code prompt} is to begin with the begin-of-text token; default: true
 * @param addSpecial the same for {@code content}; default: false
 * @param returnTokenStrs whether the tokens' texts are wanted, too
 * @param others what else a chat request may contain, if there are messages
 */
@JsonNaming(SnakeCaseStrategy.class)
public record TokenizeRequest(
        @Nullable String model,
        @Nullable String prompt,
        @Nullable String content,

        @Nullable
        @Schema(
                implementation = ChatMessage[].class,
                description = "A conversation as in a chat request; its other fields may stand beside it.")
        JsonNode messages,

        @Nullable Boolean addSpecialTokens,
        @Nullable Boolean addSpecial,
        @Nullable Boolean returnTokenStrs,
        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {

    /**
     * The tokens of a text.
     *
     * @param count number of tokens
     * @param maxModelLen longest prompt and answer together, in tokens
     * @param tokens their ids
     * @param tokenStrs their texts, if asked for
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @com.fasterxml.jackson.annotation.JsonInclude(com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL)
    @Schema(
            name = "TokenizeAnswer",
            requiredProperties = {"count", "max_model_len", "tokens"})
    public record Answer(
            int count,
            int maxModelLen,
            int[] tokens,
            @Nullable List<String> tokenStrs) {}
}
