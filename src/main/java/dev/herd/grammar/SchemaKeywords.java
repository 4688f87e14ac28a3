package dev.herd.grammar;

import java.util.Map;
import java.util.Set;

/** Which keywords of a schema are enforced, ignored and refused. docs/structured-output.md lists the same. */
final class SchemaKeywords {
    static final String REF = "$ref";

    /** Enforced, or needed to enforce another. */
    static final Set<String> ENFORCED = Set.of(
            REF,
            "$defs",
            "definitions",
            "additionalProperties",
            "allOf",
            "anyOf",
            "const",
            "enum",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "format",
            "items",
            "maxItems",
            "maxLength",
            "maximum",
            "minItems",
            "minLength",
            "minimum",
            "multipleOf",
            "nullable",
            "oneOf",
            "pattern",
            "prefixItems",
            "properties",
            "required",
            "type");

    /** Say nothing of what is valid. */
    static final Set<String> ANNOTATIONS = Set.of(
            "$comment",
            "$schema",
            "contentEncoding",
            "contentMediaType",
            "default",
            "deprecated",
            "description",
            "discriminator",
            "example",
            "examples",
            "externalDocs",
            "readOnly",
            "title",
            "writeOnly",
            "xml");

    /** Known, and beyond what a grammar of this size can enforce. */
    static final Set<String> REFUSED = Set.of(
            "$anchor",
            "$dynamicAnchor",
            "$dynamicRef",
            "$recursiveAnchor",
            "$recursiveRef",
            "$vocabulary",
            "additionalItems",
            "contains",
            "contentSchema",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "else",
            "if",
            "maxContains",
            "maxProperties",
            "minContains",
            "minProperties",
            "not",
            "patternProperties",
            "propertyNames",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties");

    private SchemaKeywords() {}

    /** Whether a keyword alone says what is valid. */
    static boolean asserts(String keyword) {
        return ENFORCED.contains(keyword) && !keyword.equals("$defs") && !keyword.equals("definitions");
    }

    /** Whether a schema says what is valid. */
    static boolean asserts(JsonTree.Obj tree) {
        return tree.members().keySet().stream().anyMatch(SchemaKeywords::asserts);
    }

    /**
     * Checks the keywords of one schema.
     *
     * @throws ConstraintException naming the first that cannot be enforced
     */
    static void check(Schema schema) {
        for (Map.Entry<String, JsonTree> member : schema.tree().members().entrySet()) {
            String keyword = member.getKey();
            if (ENFORCED.contains(keyword) || ANNOTATIONS.contains(keyword) || keyword.startsWith("x-")) {
                continue;
            }
            boolean hasNoEffect =
                    (keyword.equals("uniqueItems") && member.getValue().equals(new JsonTree.Bool(false)))
                            || (keyword.equals("$id") && schema.path().isEmpty());
            if (!hasNoEffect) {
                boolean isKnown = REFUSED.contains(keyword) || keyword.equals("uniqueItems") || keyword.equals("$id");
                throw schema.error(
                        keyword,
                        isKnown
                                ? "The schema keyword '" + keyword + "' is not supported here."
                                : "'" + keyword + "' is not a keyword of JSON Schema that is known.");
            }
        }
    }
}
