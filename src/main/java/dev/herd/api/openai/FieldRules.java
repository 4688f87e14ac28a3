package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the fields of one kind of request that Herd does not act on: those that would change the answer are
 * refused unless they ask for nothing, all others are ignored and named to the client.
 */
public final class FieldRules {
    /** The rules of {@code POST /v1/completions}. */
    public static final FieldRules COMPLETION = new FieldRules(Map.of(
            "suffix", value -> value.isTextual() && value.textValue().isEmpty(),
            "min_tokens", FieldRules::isZero,
            "prompt_embeds", value -> false));

    /** The rules of {@code POST /v1/responses} for the fields that the chat request has not. */
    public static final FieldRules RESPONSE = new FieldRules(Map.of(
            "include", value -> value.isArray() && value.isEmpty(),
            "conversation", value -> false,
            "prompt", value -> false,
            "max_tool_calls", value -> false,
            "top_logprobs", FieldRules::isZero,
            "truncation", value -> value.isTextual() && value.textValue().equals("disabled"),
            "reasoning", FieldRules::asksForNoReasoning,
            "context_management", value -> value.isArray() && value.isEmpty(),
            "stream_options",
                    value -> value.isObject()
                            && !value.path("include_obfuscation").asBoolean(false)));

    /** The rules of the Llama API's chat request: OpenAI's fields that it does not have. */
    public static final FieldRules LLAMA = new FieldRules(Map.of(
            "n", value -> value.isNumber() && value.doubleValue() == 1,
            "stop", value -> value.isArray() && value.isEmpty(),
            "moderation", value -> false,
            "logprobs", value -> value.isBoolean() && !value.booleanValue(),
            "top_logprobs", FieldRules::isZero,
            "seed", value -> false,
            "logit_bias", value -> value.isObject() && value.isEmpty(),
            "frequency_penalty", FieldRules::isZero,
            "presence_penalty", FieldRules::isZero));

    private final Map<String, Predicate<JsonNode>> unsupported;

    private FieldRules(Map<String, Predicate<JsonNode>> unsupported) {
        this.unsupported = unsupported;
    }

    /**
     * Refuses what must be refused.
     *
     * @throws ApiException 400 naming the field
     */
    public void check(@Nullable Map<String, JsonNode> fields) {
        orEmpty(fields).entrySet().stream()
                .filter(field -> !field.getValue().isNull())
                .filter(field ->
                        !unsupported.getOrDefault(field.getKey(), value -> true).test(field.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw ApiException.unsupportedParameter(name);
                });
    }

    /** Names of the fields without effect. */
    public List<String> ignored(@Nullable Map<String, JsonNode> fields) {
        return orEmpty(fields).entrySet().stream()
                .filter(field -> !field.getValue().isNull() && !unsupported.containsKey(field.getKey()))
                .filter(field -> !ResponseFormat.FIELDS.contains(field.getKey()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** Names of the fields that are refused unless they ask for nothing. */
    public Set<String> unsupported() {
        return unsupported.keySet();
    }

    private static Map<String, JsonNode> orEmpty(@Nullable Map<String, JsonNode> fields) {
        return fields == null ? Map.of() : fields;
    }

    private static boolean isZero(JsonNode value) {
        return value.isNumber() && value.doubleValue() == 0;
    }

    private static boolean asksForNoReasoning(JsonNode value) {
        JsonNode effort = value.path("effort");
        return value.isObject()
                && (effort.isMissingNode() || effort.isNull() || effort.asText().equals("none"));
    }
}
