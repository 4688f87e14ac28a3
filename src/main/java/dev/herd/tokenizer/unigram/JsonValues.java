package dev.herd.tokenizer.unigram;

import static dev.herd.tokenizer.unigram.UnigramReader.error;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small JSON values as trees: maps, lists, strings, numbers and booleans; {@code null} is left out. */
final class JsonValues {
    private JsonValues() {}

    /** The fields of the object at which {@code parser} stands. */
    static Fields fields(String where, JsonParser parser) throws IOException {
        return new Fields(where, map(where, read(parser)));
    }

    private static Object read(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    if (parser.nextToken() != JsonToken.VALUE_NULL) {
                        fields.put(name, read(parser));
                    }
                }
                yield fields;
            }
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(read(parser));
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            default -> "";
        };
    }

    private static Map<?, ?> map(String where, Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw error(where, "is no JSON object");
    }

    /** The fields of an object; {@code where} names it in messages. */
    record Fields(String where, Map<?, ?> byName) {
        boolean has(String name) {
            return byName.containsKey(name);
        }

        Optional<String> find(String name) {
            return Optional.ofNullable(byName.get(name)).map(String::valueOf);
        }

        String text(String name) {
            return byName.get(name) instanceof String text ? text : "";
        }

        boolean flag(String name) {
            return Boolean.TRUE.equals(byName.get(name));
        }

        /** The whole number in a field; -1 if there is none. */
        int whole(String name) {
            return byName.get(name) instanceof Double number ? number.intValue() : -1;
        }

        Fields object(String name) {
            return new Fields(where + "." + name, byName.get(name) instanceof Map<?, ?> map ? map : Map.of());
        }

        List<Fields> objects(String name) {
            List<?> elements = byName.get(name) instanceof List<?> list ? list : List.of();
            return elements.stream()
                    .map(element -> new Fields(where + "." + name, map(where + "." + name, element)))
                    .toList();
        }

        /** The numbers in a field that is an array. */
        List<Integer> wholes(String name) {
            List<?> elements = byName.get(name) instanceof List<?> list ? list : List.of();
            return elements.stream()
                    .filter(Double.class::isInstance)
                    .map(number -> ((Double) number).intValue())
                    .toList();
        }
    }
}
