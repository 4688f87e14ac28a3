package dev.herd.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Optional;

/** JSON as the filters of a chat template write it, that is as Python's {@code json.dumps} does. */
final class JsonText {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(200)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private JsonText() {}

    /** {@code json} on one line, with a blank after each comma and colon; empty if it is not one JSON value. */
    static Optional<String> spaced(String json) {
        return write(json, "");
    }

    /** {@code json} with a line for each member and element, indented by 4; empty if it is not one JSON value. */
    static Optional<String> indented(String json) {
        return write(json, "    ");
    }

    /** The text that a JSON string stands for; empty if {@code json} is none. */
    static String string(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            return parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : "";
        } catch (IOException malformed) {
            return "";
        }
    }

    private static Optional<String> write(String json, String indent) {
        var out = new StringBuilder(json.length() * 2);
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() == null) {
                return Optional.empty();
            }
            value(parser, out, indent, 0);
            return parser.nextToken() == null ? Optional.of(out.toString()) : Optional.empty();
        } catch (IOException malformed) {
            return Optional.empty();
        }
    }

    private static void value(JsonParser parser, StringBuilder out, String indent, int depth) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT -> container(parser, out, indent, depth, JsonToken.END_OBJECT);
            case START_ARRAY -> container(parser, out, indent, depth, JsonToken.END_ARRAY);
            case VALUE_STRING -> out.append(TemplateText.json(parser.getText()));
            default -> out.append(parser.getText());
        }
    }

    private static void container(JsonParser parser, StringBuilder out, String indent, int depth, JsonToken end)
            throws IOException {
        out.append(end == JsonToken.END_OBJECT ? '{' : '[');
        boolean isFirst = true;
        for (JsonToken token = parser.nextToken(); token != end; token = parser.nextToken()) {
            out.append(isFirst ? "" : indent.isEmpty() ? ", " : ",");
            isFirst = false;
            breakLine(out, indent, depth + 1);
            if (token == JsonToken.FIELD_NAME) {
                out.append(TemplateText.json(parser.currentName())).append(": ");
                parser.nextToken();
            }
            value(parser, out, indent, depth + 1);
        }
        if (!isFirst) {
            breakLine(out, indent, depth);
        }
        out.append(end == JsonToken.END_OBJECT ? '}' : ']');
    }

    private static void breakLine(StringBuilder out, String indent, int depth) {
        if (!indent.isEmpty()) {
            out.append('\n').append(indent.repeat(depth));
        }
    }
}
