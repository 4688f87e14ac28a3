package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import jakarta.inject.Singleton;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validator;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Makes chat requests of what other endpoints receive, with the same checks as if a client had sent them, and lets
 * errors name the fields that the client did send.
 */
@Singleton
final class ChatTranslator {
    private final ObjectMapper json;
    private final Validator validator;

    ChatTranslator(ObjectMapper json, Validator validator) {
        this.json = json;
        this.validator = validator;
    }

    /**
     * The chat request with these fields.
     *
     * @param paths from the JSON path in the chat request to the one in the client's request
     * @throws ApiException 400 in the client's terms
     */
    ChatCompletionRequest translate(ObjectNode fields, UnaryOperator<String> paths) {
        try {
            ChatCompletionRequest request = json.treeToValue(fields, ChatCompletionRequest.class);
            Set<ConstraintViolation<ChatCompletionRequest>> violations = validator.validate(request);
            if (!violations.isEmpty()) {
                throw ErrorMappers.violation(violations);
            }
            return request;
        } catch (JsonProcessingException wrong) {
            throw ErrorMappers.error(wrong).renamed(paths);
        } catch (ApiException error) {
            throw error.renamed(paths);
        }
    }
}
