package dev.herd.api;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The rows of openapi/fields.yaml, and the requests that try them. */
final class FieldTable {
    private static final Path TABLE = Path.of("../openapi/fields.yaml");
    private static final ObjectMapper JSON = new ObjectMapper();

    private FieldTable() {}

    static List<JsonNode> rows() throws IOException {
        return new ObjectMapper(new YAMLFactory()).readValue(TABLE.toFile(), new TypeReference<>() {});
    }

    /** Rows of a status that need a model with, or without, a vision tower. */
    static List<JsonNode> rows(String status, boolean sees) throws IOException {
        return rows().stream()
                .filter(row -> row.path("status").asText().equals(status)
                        && row.path("sees").asBoolean() == sees)
                .toList();
    }

    static String field(JsonNode row) {
        return row.path("field").asText();
    }

    /** The path that errors name. */
    static String param(JsonNode row) {
        return row.path("param").asText(field(row)).replace("[]", "[0]");
    }

    /** Asks with one value in the row's field. */
    static ValidatableResponse ask(JsonNode row, JsonNode value) {
        ObjectNode body = JSON.createObjectNode().put("model", "herd-tiny").put("max_tokens", 8);
        body.putArray("messages").addObject().put("role", "user").put("content", "Hi");
        if (row.has("with")) {
            body.setAll((ObjectNode) row.path("with").deepCopy());
        }
        String[] names = field(row).split("\\.", -1);
        ObjectNode parent = body;
        for (int depth = 0; depth < names.length - 1; depth++) {
            parent = step(parent, names[depth]);
        }
        parent.set(names[names.length - 1], value);
        return given().contentType(ContentType.JSON)
                .body(body.toString())
                .post("/v1/chat/completions")
                .then();
    }

    private static ObjectNode step(ObjectNode parent, String name) {
        return name.endsWith("[]")
                ? (ObjectNode) ((ArrayNode) parent.get(name.replace("[]", ""))).get(0)
                : parent.withObjectProperty(name);
    }
}
