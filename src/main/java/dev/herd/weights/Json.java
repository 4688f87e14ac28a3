package dev.herd.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small JSON document as a tree, for configuration files; large ones are streamed instead. */
sealed interface Json {
    /** Parses JSON within bounds that no honest checkpoint file comes near. */
    JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxNumberLength(64)
                    .maxNameLength(1 << 16)
                    .maxStringLength(1 << 24)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Names are tokens and tensors by the hundred thousand, each seen once: a table of them only costs.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /** Largest configuration file that is read. */
    long MAX_BYTES = 16L << 20;

    /** A JSON object. */
    record Members(Map<String, Json> byName) implements Json {}

    /** A JSON array. */
    record Elements(List<Json> values) implements Json {}

    /** A JSON string. */
    record Text(String value) implements Json {}

    /** A JSON number; configuration needs no integer beyond 2^53. */
    record Numeral(double value) implements Json {}

    /** {@code true} or {@code false}. */
    record Flag(boolean value) implements Json {}

    /** JSON's {@code null}. */
    record Null() implements Json {}

    /** Reads a file that holds one JSON object. */
    static Members read(Path file) {
        byte[] bytes = MappedFile.read(file, MAX_BYTES);
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointException(file + ": is no JSON object");
            }
            Members members = members(parser);
            if (parser.nextToken() != null) {
                throw new CheckpointException(file + ": goes on after its JSON object");
            }
            return members;
        } catch (IOException e) {
            throw malformed(file.toString(), e);
        }
    }

    /** {@code FILE: is no valid JSON: …}, in one line. */
    static CheckpointException malformed(String file, IOException cause) {
        String problem = cause instanceof JacksonException jackson
                ? jackson.getOriginalMessage()
                : String.valueOf(cause.getMessage());
        return new CheckpointException(file + ": is no valid JSON: " + problem.replace('\n', ' '), cause);
    }

    private static Members members(JsonParser parser) throws IOException {
        Map<String, Json> byName = new LinkedHashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            byName.put(name, value(parser));
        }
        return new Members(byName);
    }

    private static Json value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> {
                List<Json> values = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    values.add(value(parser));
                }
                yield new Elements(values);
            }
            case VALUE_STRING -> new Text(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Numeral(parser.getDoubleValue());
            case VALUE_TRUE -> new Flag(true);
            case VALUE_FALSE -> new Flag(false);
            case VALUE_NULL -> new Null();
            default -> throw new IOException("unexpected " + parser.currentToken());
        };
    }
}
