package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The rules for request fields that Herd does not act on. A field that would change the answer is refused unless its
 * value is the one that Herd behaves like anyway; one that would not, or that nobody knows, is ignored and its name
 * told to the client. The form of the answer is {@link ResponseFormat}'s matter.
 */
public final class OtherFields {
    /** Fields with an effect that Herd does not have, and the values that ask for no effect. */
    private static final Map<String, Predicate<JsonNode>> UNSUPPORTED = Map.ofEntries(
            Map.entry("functions", OtherFields::isEmptyArray),
            Map.entry("function_call", oneOf("none")),
            Map.entry("modalities", value -> value.size() == 1 && oneOf("text").test(value.path(0))),
            Map.entry("audio", OtherFields::never),
            Map.entry("web_search_options", OtherFields::never),
            Map.entry("reasoning_effort", oneOf("none")),
            Map.entry("verbosity", oneOf("medium")),
            Map.entry("service_tier", oneOf("auto", "default")),
            Map.entry("store", OtherFields::isFalse),
            Map.entry("bad_words", OtherFields::isEmptyArray),
            Map.entry("chat_template_kwargs", value -> value.isObject() && value.isEmpty()),
            Map.entry("chat_template", OtherFields::never),
            Map.entry("documents", OtherFields::never),
            Map.entry("echo", OtherFields::isFalse),
            Map.entry("best_of", OtherFields::isOne),
            Map.entry("use_beam_search", OtherFields::isFalse),
            Map.entry("length_penalty", OtherFields::isOne),
            Map.entry("truncate_prompt_tokens", OtherFields::never),
            Map.entry("prompt_logprobs", OtherFields::never),
            Map.entry("allowed_token_ids", OtherFields::never),
            Map.entry("logits_processors", OtherFields::isEmptyArray),
            Map.entry("return_tokens_as_token_ids", OtherFields::isFalse),
            Map.entry("return_token_ids", OtherFields::isFalse),
            Map.entry("mm_processor_kwargs", value -> value.isObject() && value.isEmpty()),
            Map.entry("repeat_penalty", OtherFields::isOne),
            Map.entry("typical_p", OtherFields::isOne),
            Map.entry("mirostat", OtherFields::isZero),
            Map.entry("dry_multiplier", OtherFields::isZero),
            Map.entry("xtc_probability", OtherFields::isZero),
            Map.entry("dynatemp_range", OtherFields::isZero),
            Map.entry("n_probs", OtherFields::isZero),
            Map.entry("n_predict", OtherFields::never),
            Map.entry("samplers", OtherFields::never),
            Map.entry("lora", OtherFields::isEmptyArray));

    private OtherFields() {}

    /** The first field that must be refused; empty if there is none. */
    public static Optional<String> refused(ChatCompletionRequest request) {
        if (request.streamOptions() != null
                && Boolean.TRUE.equals(request.streamOptions().includeObfuscation())) {
            return Optional.of("stream_options.include_obfuscation");
        }
        return of(request).entrySet().stream()
                .filter(field -> !field.getValue().isNull())
                .filter(field ->
                        !UNSUPPORTED.getOrDefault(field.getKey(), value -> true).test(field.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .findFirst();
    }

    /** Names of the fields without effect, for the header that says so. */
    public static List<String> ignored(ChatCompletionRequest request) {
        Stream<String> own = of(request).entrySet().stream()
                .filter(field -> !field.getValue().isNull() && !UNSUPPORTED.containsKey(field.getKey()))
                .filter(field -> !ResponseFormat.FIELDS.contains(field.getKey()))
                .map(Map.Entry::getKey);
        return Stream.concat(own, InnerFields.ignored(request)).sorted().toList();
    }

    /** Names of the fields that are refused unless they ask for nothing. */
    public static List<String> unsupported() {
        return UNSUPPORTED.keySet().stream().sorted().toList();
    }

    private static Map<String, JsonNode> of(ChatCompletionRequest request) {
        return request.others() == null ? Map.of() : request.others();
    }

    private static boolean never(JsonNode value) {
        return false;
    }

    private static boolean isEmptyArray(JsonNode value) {
        return value.isArray() && value.isEmpty();
    }

    private static boolean isFalse(JsonNode value) {
        return value.isBoolean() && !value.booleanValue();
    }

    private static boolean isOne(JsonNode value) {
        return value.isNumber() && value.doubleValue() == 1;
    }

    private static boolean isZero(JsonNode value) {
        return value.isNumber() && value.doubleValue() == 0;
    }

    private static Predicate<JsonNode> oneOf(String... values) {
        return value -> value.isTextual() && List.of(values).contains(value.textValue());
    }
}
