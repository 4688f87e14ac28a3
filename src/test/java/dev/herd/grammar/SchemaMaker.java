package dev.herd.grammar;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Makes schemas of every supported keyword from seeds. A definition may refer to itself, but always has a way out. */
final class SchemaMaker {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> PATTERNS =
            List.of("^[a-z]+$", "[0-9]{2}", "^(?:yes|no)$", "^\\w{2,5}$", "a.b", "^\"?x*\\\\$", "^[^\\d]{1,4}$");
    private static final List<String> FORMATS = List.of("date", "time", "uuid", "ipv4", "duration", "uri", "ipv6");
    private static final List<String> NAMES = List.of("a", "ab", "name", "x y", "\"", "ö", "value", "id", "n1", "");

    private final Random random;

    private SchemaMaker(long seed) {
        random = new Random(seed);
    }

    static String make(long seed) {
        SchemaMaker maker = new SchemaMaker(seed);
        ObjectNode schema = maker.schema(3);
        ObjectNode way = JSON.createObjectNode();
        ArrayNode branches = way.putArray("anyOf");
        maker.array(branches.addObject().put("type", "array"), 2);
        branches.addObject().put("type", "null");
        schema.putObject("$defs").set("way", way);
        return schema.toString();
    }

    private ObjectNode schema(int depth) {
        ObjectNode schema = JSON.createObjectNode();
        switch (random.nextInt(depth > 0 ? 12 : 6)) {
            case 0 -> string(schema.put("type", "string"));
            case 1 -> number(schema.put("type", "integer"));
            case 2 -> number(schema.put("type", "number"));
            case 3 -> schema.put("type", random.nextBoolean() ? "boolean" : "null");
            case 4 ->
                schema.putArray("enum")
                        .add(random.nextInt(100))
                        .add("v" + random.nextInt(9))
                        .addNull();
            case 5 -> schema.putArray("type").add("string").add("boolean");
            case 6 -> schema.put("$ref", "#/$defs/way");
            case 7 -> {
                ArrayNode branches = schema.putArray(random.nextBoolean() ? "anyOf" : "allOf");
                if (schema.has("anyOf")) {
                    branches.add(schema(depth - 1)).add(schema(depth - 1));
                } else {
                    object(branches.addObject().put("type", "object"), depth - 1, false);
                }
            }
            case 8, 9 -> array(schema.put("type", "array"), depth);
            default -> object(schema.put("type", "object"), depth, true);
        }
        return schema;
    }

    private void string(ObjectNode schema) {
        switch (random.nextInt(5)) {
            case 0 -> schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
            case 1 -> schema.put("format", FORMATS.get(random.nextInt(FORMATS.size())));
            case 2 -> schema.put("minLength", random.nextInt(4)).put("maxLength", 4 + random.nextInt(40));
            case 3 -> schema.put("maxLength", random.nextInt(6));
            default -> schema.put("title", "any string");
        }
    }

    private void number(ObjectNode schema) {
        int least = random.nextInt(4000) - 2000;
        int most = least + 2 + random.nextInt(random.nextBoolean() ? 5 : 3000);
        switch (random.nextInt(4)) {
            case 0 -> schema.put("minimum", least).put("maximum", most);
            case 1 -> schema.put("exclusiveMinimum", least).put("exclusiveMaximum", most);
            case 2 -> schema.put("minimum", least / 8.0);
            default -> schema.put("description", "any number");
        }
    }

    private void array(ObjectNode schema, int depth) {
        int least = random.nextInt(3);
        schema.set("items", schema(depth - 1));
        schema.put("minItems", least).put("maxItems", least + random.nextInt(3));
        if (random.nextInt(3) == 0) {
            schema.putArray("prefixItems").add(schema(depth - 1)).add(schema(0));
        }
    }

    private void object(ObjectNode schema, int depth, boolean mayBeOpen) {
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = schema.putArray("required");
        for (String name : NAMES) {
            if (random.nextInt(3) == 0) {
                properties.set(name, schema(depth - 1));
                if (random.nextBoolean()) {
                    required.add(name);
                }
            }
        }
        if (mayBeOpen && random.nextInt(3) == 0) {
            schema.set("additionalProperties", schema(0));
        }
    }
}
