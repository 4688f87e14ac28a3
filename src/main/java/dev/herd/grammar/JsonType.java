package dev.herd.grammar;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The types of JSON Schema; integers are numbers too. */
enum JsonType {
    OBJECT("properties", "required", "additionalProperties"),
    ARRAY("items", "prefixItems", "minItems", "maxItems"),
    STRING("pattern", "format", "minLength", "maxLength"),
    NUMBER("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    INTEGER,
    BOOLEAN,
    NULL;

    private final Set<String> keywords;

    JsonType(String... keywords) {
        this.keywords = Set.of(keywords);
    }

    /** Keywords that judge values of this type only. */
    Set<String> keywords() {
        return keywords;
    }

    private String keyword() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Types that a schema states; all if it states none. */
    static Set<JsonType> stated(Schema schema) {
        EnumSet<JsonType> types = EnumSet.noneOf(JsonType.class);
        JsonTree stated = schema.tree().get("type");
        if (stated == null) {
            return EnumSet.of(OBJECT, ARRAY, STRING, NUMBER, BOOLEAN, NULL);
        }
        if (stated instanceof JsonTree.Arr) {
            for (String name : schema.strings("type")) {
                types.add(of(schema, name));
            }
        } else {
            types.add(of(schema, schema.string("type").orElseThrow()));
        }
        if (types.isEmpty()) {
            throw schema.error("type", "'type' lists no type.");
        }
        if (schema.isTrue("nullable")) {
            types.add(NULL);
        }
        if (types.contains(NUMBER)) {
            types.remove(INTEGER);
        }
        return types;
    }

    /** Types that are generated: the stated ones, else those that the schema has keywords for, else all. */
    static Set<JsonType> generated(Schema schema) {
        if (schema.has("type")) {
            return stated(schema);
        }
        EnumSet<JsonType> types = EnumSet.noneOf(JsonType.class);
        for (JsonType type : values()) {
            if (type.keywords.stream().anyMatch(schema::has)) {
                types.add(type);
            }
        }
        return types.isEmpty() ? stated(schema) : types;
    }

    /** Whether {@code value} is of one of {@code types}. */
    static boolean isOneOf(Set<JsonType> types, JsonTree value) {
        return switch (value) {
            case JsonTree.Obj object -> types.contains(OBJECT);
            case JsonTree.Arr array -> types.contains(ARRAY);
            case JsonTree.Str string -> types.contains(STRING);
            case JsonTree.Num number -> types.contains(NUMBER) || (types.contains(INTEGER) && number.isInteger());
            case JsonTree.Bool bool -> types.contains(BOOLEAN);
            case JsonTree.Null none -> types.contains(NULL);
        };
    }

    /** Whether no value is of both. */
    static boolean areDisjoint(Set<JsonType> left, Set<JsonType> right) {
        boolean hasLeftNumber = left.contains(NUMBER) || left.contains(INTEGER);
        boolean hasRightNumber = right.contains(NUMBER) || right.contains(INTEGER);
        return left.stream().noneMatch(right::contains) && !(hasLeftNumber && hasRightNumber);
    }

    private static JsonType of(Schema schema, String name) {
        for (JsonType type : values()) {
            if (type.keyword().equals(name)) {
                return type;
            }
        }
        throw schema.error("type", "'" + name + "' is not a type of JSON Schema.");
    }
}
