package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.grammar.ConstraintException;
import dev.herd.grammar.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants its answer to look like: OpenAI's {@code response_format}, vLLM's {@code structured_outputs} and
 * {@code guided_…}, llama.cpp's {@code grammar} and {@code json_schema}. Two are equal if they want the same.
 *
 * @param kind what {@code texts} are
 * @param texts the schema, pattern or grammar, or the choices
 * @param isCompact whether JSON is wanted without white space
 * @param path where it stands in the request
 */
public record ResponseFormat(Kind kind, List<String> texts, boolean isCompact, String path) {
    public ResponseFormat {
        texts = List.copyOf(texts);
    }

    /** Fields of a request that are judged here. */
    public static final Set<String> FIELDS = Set.of(
            "response_format",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "grammar",
            "json_schema");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Set<String> STRUCTURED = Set.of("json", "regex", "choice", "grammar", "json_object");

    /** What describes an answer. */
    public enum Kind {
        /** Nothing more is said: any JSON object. */
        OBJECT,
        /** A JSON schema. */
        SCHEMA,
        /** A regular expression. */
        REGEX,
        /** A grammar in llama.cpp's notation. */
        GRAMMAR,
        /** The texts that may be chosen from. */
        CHOICE
    }

    /**
     * What a request wants; empty if it is any text.
     *
     * @param fields fields of the request by name, among others
     * @throws ApiException 400 if a field is malformed, or several want something
     */
    public static Optional<ResponseFormat> find(@Nullable Map<String, JsonNode> fields) {
        if (fields == null) {
            return Optional.empty();
        }
        List<ResponseFormat> found = new ArrayList<>();
        fields.forEach((name, value) -> {
            if (FIELDS.contains(name) && !value.isNull()) {
                read(name, value).ifPresent(found::add);
            }
        });
        if (found.size() > 1) {
            throw ApiException.invalidValue(
                    found.get(1).path(),
                    "The form of the answer is asked for twice, by '"
                            + found.get(0).path() + "' and by '" + found.get(1).path() + "'.");
        }
        return found.stream().findFirst();
    }

    private static Optional<ResponseFormat> read(String name, JsonNode value) {
        return switch (name) {
            case "response_format" -> responseFormat(value);
            case "structured_outputs" -> structured(value);
            case "guided_json", "json_schema" -> Optional.of(schema(value, false, name));
            case "guided_regex" -> Optional.of(text(Kind.REGEX, value, name));
            case "guided_choice" -> Optional.of(choice(value, name));
            default ->
                value.isTextual() && value.textValue().isEmpty() && name.equals("grammar")
                        ? Optional.empty()
                        : Optional.of(text(Kind.GRAMMAR, value, name));
        };
    }

    private static Optional<ResponseFormat> responseFormat(JsonNode format) {
        String path = "response_format";
        requireObject(format, path);
        JsonNode type = format.path("type");
        if (!type.isTextual()) {
            throw missing(path + ".type");
        }
        return switch (type.textValue()) {
            case "text" -> Optional.empty();
            case "json_object" ->
                Optional.of(
                        format.hasNonNull("schema")
                                ? schema(format.get("schema"), false, path + ".schema")
                                : new ResponseFormat(Kind.OBJECT, List.of(), false, path));
            case "json_schema" -> Optional.of(namedSchema(format.path("json_schema"), path + ".json_schema"));
            default ->
                throw ApiException.invalidValue(
                        path + ".type", "'type' must be one of text, json_object and json_schema.");
        };
    }

    private static ResponseFormat namedSchema(JsonNode named, String path) {
        if (named.isMissingNode() || named.isNull()) {
            throw missing(path);
        }
        requireObject(named, path);
        JsonNode name = named.path("name");
        if (name.isMissingNode() || name.isNull()) {
            throw missing(path + ".name");
        }
        if (!name.isTextual() || !NAME.matcher(name.textValue()).matches()) {
            throw ApiException.invalidValue(
                    path + ".name", "'name' must be 1 to 64 letters, digits, underscores and dashes.");
        }
        JsonNode strict = named.path("strict");
        if (!strict.isMissingNode() && !strict.isNull() && !strict.isBoolean()) {
            throw wrongType(path + ".strict", "true or false");
        }
        return named.hasNonNull("schema")
                ? schema(named.get("schema"), false, path + ".schema")
                : new ResponseFormat(Kind.OBJECT, List.of(), false, path);
    }

    private static Optional<ResponseFormat> structured(JsonNode wanted) {
        String path = "structured_outputs";
        requireObject(wanted, path);
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : wanted.properties()) {
            boolean asksForNothing = field.getValue().isNull()
                    || (field.getValue().isBoolean() && !field.getValue().booleanValue());
            if (STRUCTURED.contains(field.getKey()) && !asksForNothing) {
                names.add(field.getKey());
            } else if (!asksForNothing && !field.getKey().equals("disable_any_whitespace")) {
                throw ApiException.unsupportedParameter(path + "." + field.getKey());
            }
        }
        if (names.size() != 1) {
            throw ApiException.invalidValue(
                    path,
                    "'structured_outputs' must have exactly one of json, regex, choice, grammar and json_object.");
        }
        String name = names.getFirst();
        JsonNode value = wanted.get(name);
        boolean isCompact = wanted.path("disable_any_whitespace").asBoolean(false);
        String inner = path + "." + name;
        return Optional.of(
                switch (name) {
                    case "json" -> schema(value, isCompact, inner);
                    case "regex" -> text(Kind.REGEX, value, inner);
                    case "choice" -> choice(value, inner);
                    case "grammar" -> text(Kind.GRAMMAR, value, inner);
                    default -> new ResponseFormat(Kind.OBJECT, List.of(), isCompact, inner);
                });
    }

    /** vLLM's clients also send the schema as a string. */
    private static ResponseFormat schema(JsonNode schema, boolean isCompact, String path) {
        boolean isEncoded = schema.isTextual() && (path.equals("guided_json") || path.endsWith(".json"));
        if (!isEncoded && !schema.isObject() && !schema.isBoolean()) {
            throw wrongType(path, "a JSON schema");
        }
        return new ResponseFormat(
                Kind.SCHEMA, List.of(isEncoded ? schema.textValue() : schema.toString()), isCompact, path);
    }

    private static ResponseFormat text(Kind kind, JsonNode value, String path) {
        if (!value.isTextual()) {
            throw wrongType(path, "a string");
        }
        return new ResponseFormat(kind, List.of(value.textValue()), false, path);
    }

    private static ResponseFormat choice(JsonNode choices, String path) {
        if (!choices.isArray() || choices.isEmpty()) {
            throw wrongType(path, "a list of at least one string");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode choice : choices) {
            if (!choice.isTextual()) {
                throw wrongType(path, "a list of at least one string");
            }
            texts.add(choice.textValue());
        }
        return new ResponseFormat(Kind.CHOICE, texts, false, path);
    }

    /**
     * The texts that are such answers.
     *
     * @throws ConstraintException if what is wanted is malformed or not supported; its path begins below this one's
     */
    public Syntax syntax() {
        return switch (kind) {
            case OBJECT -> isCompact ? Syntax.compactJsonSchema("{\"type\":\"object\"}") : Syntax.jsonObject();
            case SCHEMA -> isCompact ? Syntax.compactJsonSchema(texts.getFirst()) : Syntax.jsonSchema(texts.getFirst());
            case REGEX -> Syntax.regex(texts.getFirst());
            case GRAMMAR -> Syntax.grammar(texts.getFirst());
            case CHOICE -> Syntax.oneOfTexts(texts);
        };
    }

    private static void requireObject(JsonNode value, String path) {
        if (!value.isObject()) {
            throw wrongType(path, "an object");
        }
    }

    private static ApiException wrongType(String path, String wanted) {
        return ApiException.invalidRequest(400, "'" + path + "' must be " + wanted + ".", path, "invalid_type");
    }

    private static ApiException missing(String path) {
        return ApiException.invalidRequest(400, "'" + path + "' is missing.", path, "missing_required_parameter");
    }
}
