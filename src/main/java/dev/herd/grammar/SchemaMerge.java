package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Arr;
import dev.herd.grammar.JsonTree.Bool;
import dev.herd.grammar.JsonTree.Num;
import dev.herd.grammar.JsonTree.Obj;
import dev.herd.grammar.JsonTree.Str;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Two schemas as one that asks for what both ask for. References and {@code allOf} must have been resolved. */
final class SchemaMerge {
    private SchemaMerge() {}

    /**
     * The merged schema; it stands where {@code left} does.
     *
     * @throws ConstraintException if no one schema says the same
     */
    static Schema merge(Schema left, Schema right) {
        Map<String, JsonTree> members = new LinkedHashMap<>(left.tree().members());
        requireMergeableObjects(left, right);
        right.tree().members().forEach((keyword, value) -> {
            JsonTree other = members.get(keyword);
            members.put(keyword, other == null ? value : both(keyword, other, value, left, right));
        });
        keepNullable(left, right, members);
        return new Schema(new Obj(members), left.path());
    }

    /** {@code nullable} widens its own schema's type only. */
    private static void keepNullable(Schema left, Schema right, Map<String, JsonTree> members) {
        boolean hasBoth = left.has("type") && right.has("type");
        if (hasBoth && left.isTrue("nullable") != right.isTrue("nullable")) {
            members.put("nullable", new Bool(false));
        }
    }

    private static JsonTree both(String keyword, JsonTree left, JsonTree right, Schema leftSchema, Schema rightSchema) {
        if (left.equals(right)) {
            return left;
        }
        return switch (keyword) {
            case "properties" -> properties(leftSchema, rightSchema);
            case "required" -> union(leftSchema.strings(keyword), rightSchema.strings(keyword));
            case "type" -> types(leftSchema, rightSchema);
            case "enum" -> enumeration(leftSchema, rightSchema);
            case "minimum", "exclusiveMinimum", "minLength", "minItems" -> greater(keyword, leftSchema, rightSchema);
            case "maximum", "exclusiveMaximum", "maxLength", "maxItems" -> lesser(keyword, leftSchema, rightSchema);
            case "items", "additionalProperties" -> allOf(left, right);
            case "nullable" -> new Bool(leftSchema.isTrue(keyword) && rightSchema.isTrue(keyword));
            default -> {
                if (SchemaKeywords.asserts(keyword)) {
                    throw leftSchema.error(
                            keyword,
                            "Two schemas that hold together both have '" + keyword + "' and cannot be merged.");
                }
                yield left;
            }
        };
    }

    private static JsonTree allOf(JsonTree left, JsonTree right) {
        boolean isRefused = left.equals(new Bool(false)) || right.equals(new Bool(false));
        return isRefused ? new Bool(false) : new Obj(Map.of("allOf", new Arr(List.of(left, right))));
    }

    /** What one schema says of further properties must not touch those that only the other one names. */
    private static void requireMergeableObjects(Schema left, Schema right) {
        requireKnown(left, right);
        requireKnown(right, left);
        if (left.has("prefixItems") != right.has("prefixItems") && (left.has("items") || right.has("items"))) {
            throw left.error("prefixItems", "'prefixItems' cannot be merged with the 'items' of another schema.");
        }
    }

    private static void requireKnown(Schema closed, Schema other) {
        JsonTree additional = closed.tree().get("additionalProperties");
        if (additional == null || additional.equals(new Bool(true))) {
            return;
        }
        Set<String> known = closed.members("properties").keySet();
        for (String name : other.members("properties").keySet()) {
            if (!known.contains(name)) {
                throw closed.error(
                        "additionalProperties",
                        "'additionalProperties' cannot be merged with a schema that has the further property '" + name
                                + "'.");
            }
        }
    }

    private static JsonTree properties(Schema left, Schema right) {
        Map<String, JsonTree> merged = new LinkedHashMap<>(left.members("properties"));
        right.members("properties").forEach((name, schema) -> {
            JsonTree other = merged.get(name);
            merged.put(name, other == null || other.equals(schema) ? schema : allOf(other, schema));
        });
        return new Obj(merged);
    }

    private static JsonTree union(List<String> left, List<String> right) {
        Set<String> all = new LinkedHashSet<>(left);
        all.addAll(right);
        return new Arr(all.stream().map(name -> (JsonTree) new Str(name)).toList());
    }

    private static JsonTree types(Schema left, Schema right) {
        List<JsonTree> common = new ArrayList<>();
        List<String> leftNames = names(left);
        List<String> rightNames = names(right);
        for (String name : leftNames) {
            boolean isIntegerOfNumber = name.equals("integer") && rightNames.contains("number");
            if (rightNames.contains(name) || isIntegerOfNumber) {
                common.add(new Str(name));
            }
        }
        if (leftNames.contains("number") && rightNames.contains("integer") && !leftNames.contains("integer")) {
            common.add(new Str("integer"));
        }
        if (common.isEmpty()) {
            throw left.error("type", "Two schemas that hold together have no type in common.");
        }
        return new Arr(common);
    }

    private static List<String> names(Schema schema) {
        JsonTree type = schema.tree().get("type");
        List<String> names = new ArrayList<>();
        if (type instanceof Str(String name)) {
            names.add(name);
        } else {
            names.addAll(schema.strings("type"));
        }
        if (schema.isTrue("nullable")) {
            names.add("null");
        }
        return names;
    }

    private static JsonTree enumeration(Schema left, Schema right) {
        List<JsonTree> common = new ArrayList<>(left.elements("enum"));
        common.retainAll(right.elements("enum"));
        if (common.isEmpty()) {
            throw left.error("enum", "Two schemas that hold together have no value in common.");
        }
        return new Arr(common);
    }

    private static JsonTree greater(String keyword, Schema left, Schema right) {
        return new Num(number(keyword, left).max(number(keyword, right)));
    }

    private static JsonTree lesser(String keyword, Schema left, Schema right) {
        return new Num(number(keyword, left).min(number(keyword, right)));
    }

    private static BigDecimal number(String keyword, Schema schema) {
        return schema.number(keyword).orElseThrow();
    }
}
