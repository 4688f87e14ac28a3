package dev.herd.grammar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a schema's text into a tree. */
final class JsonTreeReader {
    private static final int MOST_CHARACTERS = 256 * 1024;
    private static final int MOST_NESTING = 64;
    private static final int MOST_DIGITS = 100;

    /** Greater exponents would make numbers of endless length. */
    private static final int MOST_SCALE = 400;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MOST_NESTING)
                    .maxNumberLength(MOST_DIGITS)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonTreeReader() {}

    /**
     * The value of a text.
     *
     * @throws ConstraintException if it is not one JSON value, or beyond the limits
     */
    static JsonTree read(String text) {
        if (text.length() > MOST_CHARACTERS) {
            throw new ConstraintException("The schema is longer than " + MOST_CHARACTERS + " characters.");
        }
        try (JsonParser parser = FACTORY.createParser(text)) {
            parser.nextToken();
            JsonTree tree = value(parser);
            if (parser.nextToken() != null) {
                throw new ConstraintException("Something follows on the schema.");
            }
            return tree;
        } catch (StreamConstraintsException beyond) {
            throw new ConstraintException("The schema nests deeper than " + MOST_NESTING
                    + " levels or has a number of more than " + MOST_DIGITS + " digits.");
        } catch (IOException malformed) {
            throw new ConstraintException("The schema is not JSON, or names a member of an object twice.");
        }
    }

    private static JsonTree value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new ConstraintException("The schema is empty.");
        }
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> new JsonTree.Str(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getDecimalValue());
            case VALUE_TRUE, VALUE_FALSE -> new JsonTree.Bool(parser.getBooleanValue());
            default -> new JsonTree.Null();
        };
    }

    private static JsonTree number(BigDecimal value) {
        if (Math.abs((long) value.scale()) > MOST_SCALE) {
            throw new ConstraintException("The schema has a number with an exponent beyond " + MOST_SCALE + ".");
        }
        return new JsonTree.Num(value);
    }

    private static JsonTree object(JsonParser parser) throws IOException {
        Map<String, JsonTree> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            members.put(name, value(parser));
        }
        return new JsonTree.Obj(members);
    }

    private static JsonTree array(JsonParser parser) throws IOException {
        List<JsonTree> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            elements.add(value(parser));
        }
        return new JsonTree.Arr(elements);
    }
}
