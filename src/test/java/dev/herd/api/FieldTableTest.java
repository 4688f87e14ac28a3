package dev.herd.api;

import static dev.herd.api.FieldTable.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.NamingBase;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatMessage;
import dev.herd.api.openai.ChatTool;
import dev.herd.api.openai.ChatToolCall;
import dev.herd.api.openai.MessageContent;
import dev.herd.api.openai.OtherFields;
import dev.herd.api.openai.ResponseFormat;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
    private static final Path DOCUMENT = Path.of("../docs/api.md");
    private static final String BEGIN = "<!-- fields -->\n";
    private static final String END = "<!-- end of fields -->\n";

    /** Where the records of a request stand in it. */
    private static final Map<String, Class<?>> INNER = Map.ofEntries(
            Map.entry("", ChatCompletionRequest.class),
            Map.entry("stream_options.", ChatCompletionRequest.StreamOptions.class),
            Map.entry("messages[].", ChatMessage.class),
            Map.entry("messages[].tool_calls[].", ChatToolCall.class),
            Map.entry("messages[].tool_calls[].function.", ChatToolCall.Function.class),
            Map.entry("messages[].content[].", MessageContent.Part.class),
            Map.entry("messages[].content[].image_url.", MessageContent.ImageUrl.class),
            Map.entry("messages[].content[].video_url.", MessageContent.VideoUrl.class),
            Map.entry("tools[].", ChatTool.class),
            Map.entry("tools[].function.", ChatTool.Function.class),
            Map.entry("tool_choice.", ChatCompletionRequest.ToolChoice.class),
            Map.entry("tool_choice.function.", ChatCompletionRequest.ToolChoice.Named.class),
            Map.entry("tool_choice.allowed_tools.", ChatCompletionRequest.ToolChoice.AllowedTools.class));

    /** Read without a record. */
    private static final Set<String> RESPONSE_FORMAT = Set.of(
            "response_format.type",
            "response_format.json_schema",
            "response_format.json_schema.name",
            "response_format.json_schema.schema",
            "response_format.json_schema.strict");

    /** Refused by the type that comes with them. */
    private static final Set<String> INNER_REFUSED = Set.of(
            "messages[].content[].input_audio", "messages[].content[].file", "tools[].custom", "tool_choice.custom");

    /** OpenAI's own published fields (its OpenAPI document 2.3.0 of August 2026). */
    private static final String OPENAI = """
            model messages messages[].role messages[].content messages[].name messages[].refusal messages[].audio
            messages[].tool_calls messages[].tool_calls[].id messages[].tool_calls[].type
            messages[].tool_calls[].function messages[].tool_calls[].function.name
            messages[].tool_calls[].function.arguments messages[].tool_call_id messages[].function_call
            messages[].content[].type messages[].content[].text messages[].content[].refusal
            messages[].content[].image_url messages[].content[].image_url.url messages[].content[].image_url.detail
            messages[].content[].input_audio messages[].content[].file messages[].content[].prompt_cache_breakpoint
            temperature top_p n stop seed logit_bias frequency_penalty presence_penalty logprobs top_logprobs
            max_completion_tokens max_tokens stream stream_options stream_options.include_usage
            stream_options.include_obfuscation tools tools[].type tools[].function tools[].function.name
            tools[].function.description tools[].function.parameters tools[].function.strict tools[].custom
            tool_choice tool_choice.type tool_choice.function tool_choice.function.name tool_choice.allowed_tools
            tool_choice.allowed_tools.mode tool_choice.allowed_tools.tools tool_choice.custom parallel_tool_calls
            functions function_call response_format response_format.type response_format.json_schema
            response_format.json_schema.name response_format.json_schema.schema response_format.json_schema.strict
            response_format.json_schema.description prediction reasoning_effort verbosity service_tier metadata user
            safety_identifier prompt_cache_key prompt_cache_options prompt_cache_retention store modalities audio
            web_search_options moderation""".strip();

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    static List<JsonNode> implemented() throws IOException {
        return FieldTable.rows("implemented", false);
    }

    static List<JsonNode> ignored() throws IOException {
        return FieldTable.rows("ignored", false);
    }

    static List<JsonNode> refused() throws IOException {
        return FieldTable.rows("refused", false);
    }

    @ParameterizedTest
    @MethodSource("implemented")
    void implementedFieldIsTakenAndItsWrongValueNamed(JsonNode row) {
        ask(row, row.path("example")).statusCode(200).header("X-Ignored-Params", nullValue());
        ask(row, row.path("wrong")).statusCode(400).body("error.param", startsWith(FieldTable.param(row)));
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
                .body("error.param", equalTo(FieldTable.param(row)));
        if (row.has("accepted")) {
            for (JsonNode accepted : row.path("accepted")) {
                ask(row, accepted).statusCode(200).header("X-Ignored-Params", nullValue());
            }
        }
    }

    @Test
    void tableHasEveryFieldThatTheServerKnowsAndNoOther() throws Exception {
        Set<String> known = new TreeSet<>(ResponseFormat.FIELDS);
        known.addAll(RESPONSE_FORMAT);
        known.addAll(OtherFields.unsupported());
        known.addAll(INNER_REFUSED);
        INNER.forEach((path, type) -> Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("others"))
                .map(name -> path + ((NamingBase) PropertyNamingStrategies.SNAKE_CASE).translate(name))
                .forEach(known::add));

        Set<String> told = names(FieldTable.rows().stream()
                .filter(row -> !row.path("status").asText().equals("ignored")
                        || FieldTable.field(row).equals("messages[].name"))
                .toList());

        assertThat(told).isEqualTo(known);
        assertThat(names(refused())).containsAll(OtherFields.unsupported());
        assertThat(FieldTable.rows().stream().map(FieldTable::field)).doesNotHaveDuplicates();
    }

    @Test
    void tableHasEveryFieldThatOpenAiPublishes() throws Exception {
        Set<String> ofOpenAi = names(FieldTable.rows().stream()
                .filter(row -> row.path("origin").asText().equals("OpenAI"))
                .toList());

        assertThat(ofOpenAi).containsExactlyInAnyOrder(OPENAI.split("\\s+", -1));
    }

    private static Set<String> names(List<JsonNode> rows) {
        return rows.stream().map(FieldTable::field).collect(Collectors.toCollection(TreeSet::new));
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
        for (JsonNode row : FieldTable.rows()) {
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
