package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The API's stored description as a judge of answers. Objects may have only the members that are described, so an answer
 * with a member that nobody described fails.
 */
public final class ApiDocument {
    private static final Path STORED = Path.of("../openapi/herd.yaml");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ApiDocument DOCUMENT = read();

    private final JsonNode root;
    private final JsonSchemaFactory schemas = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private final Map<String, JsonSchema> byPointer = new ConcurrentHashMap<>();

    private ApiDocument(JsonNode root) {
        this.root = root;
        root.path("components").path("schemas").forEach(ApiDocument::close);
    }

    /** The one in the repository. */
    public static ApiDocument stored() {
        return DOCUMENT;
    }

    private static ApiDocument read() {
        try {
            return new ApiDocument(new ObjectMapper(new YAMLFactory()).readTree(STORED.toFile()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object && object.has("properties") && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        if (schema instanceof ObjectNode object && object.has(OpenApiRules.UNION)) {
            object.set("oneOf", object.get(OpenApiRules.UNION));
        }
        schema.forEach(ApiDocument::close);
    }

    /** All paths, as templates. */
    public List<String> paths() {
        List<String> paths = new ArrayList<>();
        root.path("paths").fieldNames().forEachRemaining(paths::add);
        return paths;
    }

    /** The methods of a path template, in lower case. */
    public List<String> methods(String path) {
        List<String> methods = new ArrayList<>();
        root.path("paths").path(path).fieldNames().forEachRemaining(methods::add);
        methods.retainAll(List.of("get", "post", "delete", "put", "patch"));
        return methods;
    }

    /** What is wrong with an answer; empty for a path that is not described, such as the metrics. */
    List<String> judge(String method, String path, int status, String mediaType, String body) {
        if (method.equals("HEAD") || method.equals("OPTIONS")) {
            return body.isEmpty() ? List.of() : List.of("there is a body");
        }
        if (status >= 400) {
            return path.startsWith("/q/") && status == 503
                    ? List.of()
                    : judgeJson("/components/schemas/ErrorBody", body);
        }
        JsonNode described = operation(method, path);
        if (described.isMissingNode()) {
            return List.of();
        }
        JsonNode response = described.path("responses").path(Integer.toString(status));
        if (status == 204 || status == 304) {
            boolean isDescribed = status == 304 || !response.isMissingNode();
            return body.isEmpty() && isDescribed ? List.of() : List.of("there is a body, or nothing is described");
        }
        String type = mediaType.replaceAll(";.*", "");
        if (!response.path("content").has(type)) {
            return List.of("no answer with status " + status + " and type " + type + " is described");
        }
        if (type.equals("application/x-ndjson")) {
            return body.lines().allMatch(line -> line.startsWith("{") && line.endsWith("}"))
                    ? List.of()
                    : List.of("a line is no JSON object");
        }
        String schema = response.path("content")
                .path(type)
                .path("schema")
                .path("$ref")
                .asText()
                .substring(1);
        return type.equals("text/event-stream") ? judgeEvents(schema, body) : judgeJson(schema, body);
    }

    private JsonNode operation(String method, String path) {
        return paths().stream()
                .filter(template ->
                        Pattern.matches(template.replace("{model}", ".+").replaceAll("\\{\\w+}", "[^/]+"), path))
                .min(Comparator.comparingInt(ApiDocument::variables)
                        .thenComparing(Comparator.comparingInt(String::length).reversed()))
                .map(template -> root.path("paths").path(template).path(method.toLowerCase(java.util.Locale.ROOT)))
                .orElseGet(() -> root.path("no such path"));
    }

    private static int variables(String template) {
        return template.split("\\{", -1).length;
    }

    private List<String> judgeEvents(String schema, String body) {
        return Stream.of(body.split("\n\n", -1))
                .flatMap(String::lines)
                .filter(line -> line.startsWith("data: ") && !line.equals("data: [DONE]"))
                .map(line -> line.substring("data: ".length()))
                .flatMap(event ->
                        judgeJson(event.startsWith("{\"error\":") ? "/components/schemas/ErrorBody" : schema, event)
                                .stream())
                .toList();
    }

    private List<String> judgeJson(String pointer, String body) {
        try {
            return schema(pointer).validate(JSON.readTree(body)).stream()
                    .map(ValidationMessage::getMessage)
                    .toList();
        } catch (JsonProcessingException malformed) {
            return List.of("no JSON: " + malformed.getOriginalMessage());
        }
    }

    private JsonSchema schema(String pointer) {
        return byPointer.computeIfAbsent(pointer, at -> {
            ObjectNode schema = JSON.createObjectNode();
            schema.put("$ref", "#" + at);
            schema.set("components", root.path("components"));
            return schemas.getSchema(schema);
        });
    }
}
