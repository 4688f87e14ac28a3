package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * An object with known fields.
 *
 * @param fields their shapes, in the order in which they are written
 * @param required the fields that must be stated
 */
record ObjectShape(Map<String, Shape> fields, Set<String> required) implements Shape {
    /** An object of which nothing must be stated; names and shapes alternate. */
    static ObjectShape of(Object... namesAndShapes) {
        Map<String, Shape> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndShapes.length; i += 2) {
            fields.put((String) namesAndShapes[i], (Shape) namesAndShapes[i + 1]);
        }
        return new ObjectShape(fields, Set.of());
    }

    /** The same, but these fields must be stated. */
    ObjectShape requiring(String... names) {
        return new ObjectShape(fields, Set.of(names));
    }

    @Override
    public JsonNode lenient() {
        return made(true);
    }

    @Override
    public JsonNode otherwise() {
        return made(false);
    }

    private ObjectNode made(boolean isLayer) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        fields.forEach((name, shape) -> put(object, name, isLayer ? shape.lenient() : shape.otherwise()));
        return object;
    }

    @Override
    public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
        if (!value.isObject()) {
            throw new PolicyException(pointer, "must be an object");
        }
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            if (!fields.containsKey(field.getKey())) {
                throw new PolicyException(pointer + "/" + escaped(field.getKey()), "there is no such field");
            }
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, Shape> field : fields.entrySet()) {
            String name = field.getKey();
            Shape shape = field.getValue();
            if (value.has(name)) {
                put(object, name, shape.read(value.get(name), pointer + "/" + name, isLayer));
            } else if (required.contains(name)) {
                throw new PolicyException(pointer + "/" + name, "is missing");
            } else {
                put(object, name, isLayer ? shape.lenient() : shape.otherwise());
            }
        }
        return object;
    }

    @Override
    public JsonNode merge(JsonNode own, JsonNode floor, String pointer) throws PolicyException {
        ObjectNode merged = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, Shape> field : fields.entrySet()) {
            String name = field.getKey();
            put(merged, name, field.getValue().merge(own.path(name), floor.path(name), pointer + "/" + name));
        }
        return merged;
    }

    private static void put(ObjectNode object, String name, JsonNode value) {
        if (!value.isMissingNode()) {
            object.set(name, value);
        }
    }

    /** A name as a part of a JSON pointer. */
    static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
