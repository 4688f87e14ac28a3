package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.NamingBase;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.OtherFields;
import dev.herd.api.openai.ResponseFormat;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sends every field of openapi/fields.yaml and checks what the table says of it. */
@QuarkusTest
@TestProfile(WireTestProfile.class)
class FieldTableTest {
    private static final Path TABLE = Path.of("../openapi/fields.yaml");
    private static final Path DOCUMENT = Path.of("../docs/api.md");
    private static final String BEGIN = "<!-- fields -->\n";
    private static final String END = "<!-- end of fields -->\n";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    private static List<JsonNode> rows() throws IOException {
        return new ObjectMapper(new YAMLFactory()).readValue(TABLE.toFile(), new TypeReference<>() {});
    }

    private static List<JsonNode> rows(String status) throws IOException {
        return rows().stream()
                .filter(row -> row.path("status").asText().equals(status))
                .toList();
    }

    static List<JsonNode> implemented() throws IOException {
        return rows("implemented");
    }

    static List<JsonNode> ignored() throws IOException {
        return rows("ignored");
    }

    static List<JsonNode> refused() throws IOException {
        return rows("refused");
    }

    @ParameterizedTest
    @MethodSource("implemented")
    void implementedFieldIsTakenAndItsWrongValueNamed(JsonNode row) {
        ask(row, row.path("example")).statusCode(200).header("X-Ignored-Params", nullValue());
        ask(row, row.path("wrong"))
                .statusCode(400)
                .body("error.param", startsWith(row.path("field").asText()));
    }

    @ParameterizedTest
    @MethodSource("ignored")
    void ignoredFieldIsNamedInTheHeader(JsonNode row) {
        ask(row, row.path("example"))
                .statusCode(200)
                .header("X-Ignored-Params", equalTo(row.path("field").asText()));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusedFieldIsNamedUnlessItAsksForNothing(JsonNode row) {
        ask(row, row.path("example"))
                .statusCode(400)
                .body("error.code", equalTo("unsupported_parameter"))
                .body("error.param", equalTo(row.path("field").asText()));
        if (row.has("accepted")) {
            for (JsonNode accepted : row.path("accepted")) {
                ask(row, accepted).statusCode(200).header("X-Ignored-Params", nullValue());
            }
        }
    }

    private static ValidatableResponse ask(JsonNode row, JsonNode value) {
        ObjectNode body = JSON.createObjectNode().put("model", "herd-tiny").put("max_tokens", 8);
        body.putArray("messages").addObject().put("role", "user").put("content", "Hi");
        if (row.has("with")) {
            body.setAll((ObjectNode) row.path("with"));
        }
        String[] names = row.path("field").asText().split("\\.", -1);
        ObjectNode parent = body;
        for (int depth = 0; depth < names.length - 1; depth++) {
            parent = parent.putObject(names[depth]);
        }
        parent.set(names[names.length - 1], value);
        return given().contentType(ContentType.JSON)
                .body(body.toString())
                .post("/v1/chat/completions")
                .then();
    }

    @Test
    void tableHasEveryFieldThatTheServerKnowsAndNoOther() throws Exception {
        NamingBase snakeCase = (NamingBase) PropertyNamingStrategies.SNAKE_CASE;
        Set<String> known = Arrays.stream(ChatCompletionRequest.class.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("others"))
                .map(snakeCase::translate)
                .collect(Collectors.toCollection(TreeSet::new));
        known.addAll(ResponseFormat.FIELDS);
        known.add("stream_options.include_usage");
        Set<String> unsupported = new TreeSet<>(OtherFields.unsupported());
        unsupported.add("stream_options.include_obfuscation");

        assertThat(names(implemented())).isEqualTo(known);
        assertThat(names(refused())).isEqualTo(unsupported);
        assertThat(rows()).doesNotHaveDuplicates().hasSizeGreaterThan(known.size() + unsupported.size());
    }

    private static Set<String> names(List<JsonNode> rows) {
        return rows.stream().map(row -> row.path("field").asText()).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void documentShowsTheTable() throws Exception {
        String document = Files.readString(DOCUMENT);
        String shown = document.substring(document.indexOf(BEGIN) + BEGIN.length(), document.indexOf(END));
        String expected = table();
        if (Boolean.getBoolean("updateDocs")) {
            Files.writeString(
                    DOCUMENT,
                    document.substring(0, document.indexOf(BEGIN) + BEGIN.length())
                            + expected
                            + document.substring(document.indexOf(END)));
            return;
        }

        assertThat(shown)
                .as("docs/api.md; after a change of openapi/fields.yaml, run this test with -DupdateDocs=true")
                .isEqualTo(expected);
    }

    private static String table() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("| field | of | what Herd does | |");
        lines.add("|---|---|---|---|");
        for (JsonNode row : rows()) {
            String accepted = row.has("accepted") ? " unless " + String.join(" or ", values(row.path("accepted"))) : "";
            lines.add("| `" + row.path("field").asText() + "` | "
                    + row.path("origin").asText() + " | " + row.path("status").asText() + accepted + " | "
                    + row.path("note").asText() + " |");
        }
        return String.join("\n", lines) + "\n";
    }

    private static List<String> values(JsonNode accepted) {
        List<String> values = new ArrayList<>();
        accepted.forEach(value -> values.add("`" + value + "`"));
        return values;
    }
}
