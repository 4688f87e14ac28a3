package dev.herd.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.chat.ToolCallParser.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ToolCallParserTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<ToolDefinition> TOOLS = List.of(
            new ToolDefinition("get_weather", List.of("city", "days"), "{}"),
            new ToolDefinition("f", List.of("a"), "{}"),
            new ToolDefinition("now", List.of(), "{}"),
            new ToolDefinition("math.add-up", List.of("x", "y"), "{}"));

    /** A text and what it comes to: content, then each call as {@code name arguments}. */
    record Sample(String text, String content, String... calls) {}

    static Stream<Sample> samples() {
        return Stream.of(
                // Python lists
                new Sample("[get_weather(city=\"Rome\", days=3)]", "", "get_weather {\"city\":\"Rome\",\"days\":3}"),
                new Sample("[now()]", "", "now {}"),
                new Sample("[now(), f(a=1), ]", "", "now {}", "f {\"a\":1}"),
                new Sample(" \n[ f( a = 'x' , ) ]\n", "", "f {\"a\":\"x\"}"),
                new Sample(
                        "[f(a=[[1, 2], [3, [4]], []], b={'k': {'l': None}, 5: True, None: 1})]",
                        "",
                        "f" + " {\"a\":[[1,2],[3,[4]],[]],\"b\":{\"k\":{\"l\":null},\"5\":true,\"null\":1}}"),
                new Sample(
                        "[f(a=(1, 'b'), c=True, d=False, e=None)]",
                        "",
                        "f" + " {\"a\":[1,\"b\"],\"c\":true,\"d\":false,\"e\":null}"),
                new Sample(
                        "[f(a=-1, b=+2, c=1_000, d=.5, e=5., g=1e-3, h=0x1F, i=0b11, j=0o17, k=-.25)]",
                        "",
                        "f"
                                + " {\"a\":-1,\"b\":2,\"c\":1000,\"d\":0.5,\"e\":5.0,\"g\":1e-3,\"h\":31,\"i\":3,\"j\":15,"
                                + "\"k\":-0.25}"),
                new Sample("[f(a=123456789012345678901234567890)]", "", "f {\"a\":123456789012345678901234567890}"),
                new Sample(
                        "[f(a='it\\'s \"x\"\\n\\x41\\u00e9\\101\\d\\\\ \ud83d\udc2e')]",
                        "",
                        "f" + " {\"a\":\"it's \\\"x\\\"\\nA\u00e9A\\\\d\\\\ \ud83d\udc2e\"}"),
                new Sample(
                        "[f(a='''x'y\n''', b=\"\"\"\"\"\", c='', d='a' \"b\")]",
                        "",
                        "f" + " {\"a\":\"x'y\\n\",\"b\":\"\",\"c\":\"\",\"d\":\"ab\"}"),
                new Sample(
                        "[f(a='\\ud83d\\udc2e \\U0001F42E \\ud83d')]",
                        "",
                        "f" + " {\"a\":\"\\ud83d\\udc2e \\ud83d\\udc2e \\ud83d\"}"),
                new Sample("[get_weather(\"Rome\", 2)]", "", "get_weather {\"city\":\"Rome\",\"days\":2}"),
                new Sample("[math.add-up(x=1, y=2)]", "", "math.add-up {\"x\":1,\"y\":2}"),
                // JSON
                new Sample(
                        "{\"name\": \"f\", \"parameters\": {\"a\": [1.5e3, {\"b\": \"c\\/\\u0007\"}]}}",
                        "",
                        "f" + " {\"a\":[1.5e3,{\"b\":\"c/\\u0007\"}]}"),
                new Sample("{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}", "", "f {}"),
                new Sample("{\"arguments\": {\"a\": 1}, \"name\": \"f\", \"id\": \"7\"}", "", "f {\"a\":1}"),
                new Sample("{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": \\\"\\\\n\\\"}\"}", "", "f {\"a\":\"\\n\"}"),
                new Sample("{\"name\": \"now\", \"parameters\": null}", "", "now {}"),
                new Sample("{\"parameters\": null, \"name\": \"now\"}", "", "now {}"),
                new Sample(
                        "{\"name\": \"f\", \"parameters\": {\"a\": 1}}{\"name\": \"now\", \"parameters\": {}}",
                        "",
                        "f" + " {\"a\":1}",
                        "now {}"),
                new Sample(
                        "{\"name\": \"f\", \"parameters\": {}};\n{\"name\": \"now\", \"parameters\": {}}\n",
                        "",
                        "f" + " {}",
                        "now {}"),
                new Sample(
                        "[{\"name\": \"f\", \"parameters\": {}}, {\"name\": \"now\", \"parameters\": {}}]",
                        "",
                        "f" + " {}",
                        "now {}"),
                // markers and tags
                new Sample("<|python_start|>[f(a=1)]<|python_end|>", "", "f {\"a\":1}"),
                new Sample("<|python_start|>{\"name\": \"f\", \"parameters\": {}}<|python_end|>", "", "f {}"),
                new Sample("<|python_start|><|python_end|>{\"name\": \"f\", \"parameters\": {}}", "", "f {}"),
                new Sample(
                        "<|python_start|>Let me see.<|python_end|>{\"name\": \"f\", \"parameters\": {}}",
                        "Let me" + " see.",
                        "f {}"),
                new Sample("<function=f>{\"a\": 1}</function>", "", "f {\"a\":1}"),
                new Sample("<function=now> {} </function><function=f>{\"a\": 2}", "", "now {}", "f {\"a\":2}"),
                // prose beside calls
                new Sample("I look it up.\n\n[f(a=1)]", "I look it up.", "f {\"a\":1}"),
                new Sample("I look it up: {\"name\": \"f\", \"parameters\": {}} Done.", "I look it up: Done.", "f {}"),
                new Sample("[f(a=1)] and [now()]", " and", "f {\"a\":1}", "now {}"),
                new Sample("[f(a=1), g(b=2)]", ", g(b=2)]", "f {\"a\":1}"),
                new Sample("[[f(a=1)]]", "[]", "f {\"a\":1}"),
                new Sample("{\"x\": [now()]}", "{\"x\":}", "now {}"),
                // prose that looks like calls
                new Sample("", ""),
                new Sample(" \n ", " \n "),
                new Sample("f(a=1)", "f(a=1)"),
                new Sample("[1, 2] and [g(a=1)] and [f] and [f (a=1)]", "[1, 2] and [g(a=1)] and [f] and [f (a=1)]"),
                new Sample("xs[f(a=1)] or `[f(a=1)]` or \"[f(a=1)]\"", "xs[f(a=1)] or `[f(a=1)]` or \"[f(a=1)]\""),
                new Sample("[f(x) is a function of x]", "[f(x) is a function of x]"),
                new Sample(
                        "[f(a=Rome)] [f(a=1+2)] [f(a={1, 2})] [f(a=b'x')]",
                        "[f(a=Rome)] [f(a=1+2)] [f(a={1, 2})]" + " [f(a=b'x')]"),
                new Sample("[now() tells the time]", "[now() tells the time]"),
                new Sample(
                        "{\"name\": \"f\"} {\"name\": \"g\", \"parameters\": {}}",
                        "{\"name\": \"f\"} {\"name\":" + " \"g\", \"parameters\": {}}"),
                new Sample(
                        "{\"name\": \"f\", \"description\": \"d\", \"parameters\": {}}",
                        "{\"name\": \"f\"," + " \"description\": \"d\", \"parameters\": {}}"),
                new Sample(
                        "a < b, <|python|>, <function=g>{}</function>, <function=",
                        "a < b, <|python|>," + " <function=g>{}</function>, <function="),
                new Sample(
                        "{\"name\": \"f\", \"parameters\": 3} {\"name\": \"f\", \"arguments\": \"3\"}",
                        "{\"name\":" + " \"f\", \"parameters\": 3} {\"name\": \"f\", \"arguments\": \"3\"}"),
                // text that breaks off
                new Sample("[f(a=\"Ro", "", "f {\"a\":\"Ro\"}"),
                new Sample("[f(a=\"x\\u00", "", "f {\"a\":\"x\"}"),
                new Sample("[f(a=[1, {'k': ", "", "f {\"a\":[1,{\"k\":null}]}"),
                new Sample("[f(a=[1, 2], b", "", "f {\"a\":[1,2]}"),
                new Sample("[f(a=[1, 2], b =", "", "f {\"a\":[1,2],\"b\":null}"),
                new Sample("[f(a=[1, Tr", "[f(a=[1, Tr"),
                new Sample("[f(a=['1', Tr", "", "f {\"a\":[\"1\",null]}"),
                new Sample("[f(a={'x': 1, 'y", "", "f {\"a\":{\"x\":1,\"y\":null}}"),
                new Sample("{\"name\": \"f\", \"parameters\": {\"a\": 1.", "", "f {\"a\":1.0}"),
                new Sample("{\"name\": \"f\", \"parameters\": {\"a\": 1}", "", "f {\"a\":1}"),
                new Sample("{\"name\": \"f\", \"para", "{\"name\": \"f\", \"para"),
                new Sample("[f(", "[f("),
                new Sample("<|pyth", "<|pyth"),
                // a call that goes wrong after it was certain
                new Sample("[f(a=\"x\" is what I would ask)]", "is what I would ask)]", "f {\"a\":\"x\"}"),
                new Sample("[f('', 2)]", "2)]", "f {\"a\":\"\"}"),
                new Sample("[f(a=1, b=00.5)]", ")]", "f {\"a\":1,\"b\":null}"),
                new Sample("{\"name\": \"f\", \"parameters\": {\"a\": [1, @]}}", "@]}}", "f {\"a\":[1]}"),
                new Sample("{\"name\": \"f\", \"parameters\": {\"a\": 1, ?", "?", "f {\"a\":1}"));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void textBecomesContentAndCalls(Sample sample) throws Exception {
        Found found = Found.of(parse(List.of(sample.text())));

        assertThat(found.content).isEqualTo(sample.content());
        assertThat(found.calls).containsExactly(sample.calls());
        for (String call : found.calls) {
            assertThat(JSON.readTree(call.substring(call.indexOf(' '))).isObject())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void divisionOfTheTextMakesNoDifference(Sample sample) {
        Found whole = Found.of(parse(List.of(sample.text())));
        assertThat(Found.of(parse(split(sample.text(), 1, new Random(0))))).isEqualTo(whole);

        for (long seed = 0; seed < 20; seed++) {
            List<String> pieces = split(sample.text(), 7, new Random(seed));
            assertThat(Found.of(parse(pieces))).as("seed %d: %s", seed, pieces).isEqualTo(whole);
        }
    }

    @Test
    void everyBeginningGivesValidArguments() throws Exception {
        for (Sample sample : samples().toList()) {
            for (int length = 0; length < sample.text().length(); length++) {
                String beginning = sample.text().substring(0, length);
                for (String call : Found.of(parse(List.of(beginning))).calls) {
                    String arguments = call.substring(call.indexOf(' '));
                    assertThat(JSON.readTree(arguments).isObject())
                            .as(beginning)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void nothingIsLostOrInventedInRandomText() {
        String[] words = {
            "[",
            "]",
            "{",
            "}",
            "(",
            ")",
            "f",
            "now",
            "a",
            "=",
            ",",
            ";",
            ":",
            "\"",
            "'",
            "\\",
            " ",
            "\n",
            "1",
            "-",
            ".",
            "name",
            "\"name\"",
            "\"parameters\"",
            "\"f\"",
            "<",
            "<|python_start|>",
            "<function=f>",
            "True",
            "{\"name\":",
            "[f(",
            "[f(a=",
            "\ud83d\udc2e"
        };
        for (long seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int count = random.nextInt(40); count > 0; count--) {
                text.append(words[random.nextInt(words.length)]);
            }
            Found whole = Found.of(parse(List.of(text.toString())));
            Found divided = Found.of(parse(split(text.toString(), 3, random)));

            assertThat(divided).as("seed %d: %s", seed, text).isEqualTo(whole);
            if (whole.calls.isEmpty()) {
                assertThat(whole.content)
                        .as("seed %d", seed)
                        .isEqualTo(text.toString().replace("<|python_start|>", ""));
            }
            assertThat(whole.calls)
                    .as("seed %d: %s", seed, text)
                    .allSatisfy(call -> assertThat(JSON.readTree(call.substring(call.indexOf(' ')))
                                    .isObject())
                            .isTrue());
        }
    }

    @Test
    void renderedCallsAreReadBack() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            ObjectNode arguments = (ObjectNode) value(random, 0);
            String python = "[f(" + python(arguments) + ")]";
            String json = ToolPrompt.calls(List.of(new ToolCall("f", arguments.toString())));

            for (String text : List.of(python, json)) {
                Found found = Found.of(parse(split(text, 5, random)));
                assertThat(found.content).as("seed %d: %s", seed, text).isEmpty();
                assertThat(found.calls).as("seed %d: %s", seed, text).hasSize(1);
                assertThat(JSON.readTree(found.calls.getFirst().substring(2)))
                        .as("seed %d: %s", seed, text)
                        .isEqualTo(JSON.readTree(arguments.toString()));
            }
        }
    }

    @Test
    void callsAreToldBeforeTheirArgumentsAreComplete() {
        ToolCallParser parser = new ToolCallParser(TOOLS);

        assertThat(parser.accept("Hm. {\"name\": \"f\", \"parameters\": {"))
                .containsExactly(new Event.Text("Hm."), new Event.CallStart(0, "f"), new Event.Arguments(0, "{"));
        assertThat(parser.accept("\"a\": \"lo")).containsExactly(new Event.Arguments(0, "\"a\":\"lo"));
        assertThat(parser.accept("ng\"")).containsExactly(new Event.Arguments(0, "ng"));
        assertThat(parser.accept("}}")).containsExactly(new Event.Arguments(0, "\"}"), new Event.CallEnd(0));
        assertThat(parser.finish()).isEmpty();
        assertThat(parser.callCount()).isEqualTo(1);
    }

    @Test
    void ordinaryTextIsNotHeldBack() {
        ToolCallParser parser = new ToolCallParser(TOOLS);

        assertThat(parser.accept("The answer")).containsExactly(new Event.Text("The answer"));
        assertThat(parser.accept(" is [4")).containsExactly(new Event.Text(" is [4"));
        assertThat(parser.accept(" ")).isEmpty();
        assertThat(parser.accept("]")).containsExactly(new Event.Text(" ]"));
    }

    /** Each would take minutes if the work were not linear, or the heap if it were not bounded. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[",
                "{",
                "<",
                "<|python_start|>",
                "[f(a=[",
                "[f(a={'a':",
                "{\"parameters\":{\"a\":[",
                "{\"parameters\":",
                "[{\"arguments\":",
                "[f(a='",
                "\"[",
                "<function=f>",
                "[now(),",
                "{\"name\":\"f\",\"parameters\":{},",
                "[f(a=1,",
                "[ ",
                "{\"name\": \"f\", \"parameters\": {\"a\": \""
            })
    void hostileTextIsReadInLinearTime(String piece) {
        String text = piece.repeat(500_000 / piece.length());

        Found found = Found.of(parse(split(text, 20_000, new Random(1))));

        assertThat(found.calls.size()).isLessThanOrEqualTo(128);
        assertThat(found.calls).allSatisfy(call -> assertThat(call.length()).isLessThan(600_000));
    }

    @Test
    void nestingBeyondTheLimitEndsTheCall() throws Exception {
        Found found = Found.of(parse(List.of("[f(a=['b'," + "[".repeat(100))));

        assertThat(JSON.readTree(found.calls.getFirst().substring(2)).path("a").isArray())
                .isTrue();
        assertThat(found.content).isEqualTo("[".repeat(101 - LiteralReader.MAX_DEPTH));
    }

    private static List<Event> parse(List<String> pieces) {
        ToolCallParser parser = new ToolCallParser(TOOLS);
        List<Event> events = new ArrayList<>();
        pieces.forEach(piece -> events.addAll(parser.accept(piece)));
        events.addAll(parser.finish());
        return events;
    }

    private static List<String> split(String text, int longest, Random random) {
        List<String> pieces = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(longest));
            pieces.add(text.substring(at, end));
            at = end;
        }
        return pieces;
    }

    private static JsonNode value(Random random, int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(depth > 3 ? 6 : 8);
        return switch (kind) {
            case 0 -> {
                ObjectNode object = JSON.createObjectNode();
                for (int count = random.nextInt(4); count > 0; count--) {
                    object.set("k" + random.nextInt(100), value(random, depth + 1));
                }
                yield object;
            }
            case 1 -> JSON.getNodeFactory().nullNode();
            case 2 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 3 -> JSON.getNodeFactory().numberNode(random.nextLong());
            case 4 -> JSON.getNodeFactory().numberNode(random.nextInt(1000) / 8.0);
            case 5, 6 -> JSON.getNodeFactory().textNode(randomText(random));
            default -> {
                ArrayNode array = JSON.createArrayNode();
                for (int count = random.nextInt(4); count > 0; count--) {
                    array.add(value(random, depth + 1));
                }
                yield array;
            }
        };
    }

    private static String randomText(Random random) {
        String characters = "ab \"'\\\n\t/{}[](),:=<|\u00e9\u2028";
        StringBuilder text = new StringBuilder();
        for (int count = random.nextInt(12); count > 0; count--) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }

    /** Keyword arguments as Python would write them. */
    private static String python(ObjectNode arguments) {
        List<String> written = new ArrayList<>();
        arguments.properties().forEach(member -> written.add(member.getKey() + "=" + literal(member.getValue())));
        return String.join(", ", written);
    }

    private static String literal(JsonNode value) {
        if (value.isNull()) {
            return "None";
        }
        if (value.isBoolean()) {
            return value.booleanValue() ? "True" : "False";
        }
        if (value.isTextual()) {
            return "'"
                    + value.textValue()
                            .replace("\\", "\\\\")
                            .replace("'", "\\'")
                            .replace("\n", "\\n") + "'";
        }
        List<String> written = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(element -> written.add(literal(element)));
            return written.toString();
        }
        if (value.isObject()) {
            value.properties()
                    .forEach(member -> written.add("'" + member.getKey() + "': " + literal(member.getValue())));
            return "{" + String.join(", ", written) + "}";
        }
        return value.toString();
    }

    /** What a list of events comes to, however it is divided. */
    private record Found(String content, List<String> calls) {
        static Found of(List<Event> events) {
            StringBuilder content = new StringBuilder();
            List<String> calls = new ArrayList<>();
            int open = -1;
            for (Event event : events) {
                switch (event) {
                    case Event.Text(String text) -> content.append(text);
                    case Event.CallStart(int index, String name) -> {
                        assertThat(index).isEqualTo(calls.size());
                        assertThat(open).isEqualTo(-1);
                        open = index;
                        calls.add(name + " ");
                    }
                    case Event.Arguments(int index, String json) -> {
                        assertThat(index).isEqualTo(open);
                        assertThat(json).isNotEmpty();
                        calls.set(index, calls.get(index) + json);
                    }
                    case Event.CallEnd(int index) -> {
                        assertThat(index).isEqualTo(open);
                        open = -1;
                    }
                }
            }
            assertThat(open).isEqualTo(-1);
            return new Found(content.toString(), calls);
        }
    }
}
