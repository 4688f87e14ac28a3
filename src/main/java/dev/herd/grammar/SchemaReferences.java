package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Arr;
import dev.herd.grammar.JsonTree.Obj;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code $ref} stands for within one document: JSON pointers from its root. */
final class SchemaReferences {
    private static final int MOST_STEPS = 100;

    private final JsonTree root;

    SchemaReferences(JsonTree root) {
        this.root = root;
    }

    /** What is referred to, and where it stands. */
    record Target(JsonTree tree, String path) {}

    /**
     * What the {@code $ref} of a schema refers to, through references that consist of nothing else.
     *
     * @throws ConstraintException if there is nothing, or references go round in a circle
     */
    Target resolve(Schema schema) {
        Schema from = schema;
        for (int step = 0; step < MOST_STEPS; step++) {
            Target target = find(from);
            if (!(target.tree() instanceof Obj next) || !isNothingElse(next)) {
                return target;
            }
            from = new Schema(next, target.path());
        }
        throw schema.error(SchemaKeywords.REF, "The reference leads from one reference to the next without an end.");
    }

    private static boolean isNothingElse(Obj tree) {
        return tree.has(SchemaKeywords.REF)
                && tree.members().keySet().stream()
                        .allMatch(keyword -> keyword.equals(SchemaKeywords.REF) || !SchemaKeywords.asserts(keyword));
    }

    private Target find(Schema schema) {
        String reference = schema.string(SchemaKeywords.REF).orElseThrow();
        if (!reference.equals("#") && !reference.startsWith("#/")) {
            throw schema.error(
                    SchemaKeywords.REF,
                    "'$ref' must be a pointer within the schema, like '#/$defs/name'; others are not followed.");
        }
        List<String> names = new ArrayList<>();
        if (reference.length() > 1) {
            Arrays.stream(reference.substring(2).split("/", -1))
                    .map(name -> decode(name, schema))
                    .forEach(names::add);
        }
        JsonTree tree = root;
        for (String name : names) {
            tree = child(tree, name);
            if (tree == null) {
                throw schema.error(SchemaKeywords.REF, "'$ref' refers to nothing: " + reference + " does not exist.");
            }
        }
        return new Target(tree, String.join(".", names));
    }

    private static String decode(String name, Schema schema) {
        try {
            String plain = URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
            return plain.replace("~1", "/").replace("~0", "~");
        } catch (IllegalArgumentException malformed) {
            throw schema.error(SchemaKeywords.REF, "'$ref' has a malformed percent escape.");
        }
    }

    private static @Nullable JsonTree child(JsonTree tree, String name) {
        return switch (tree) {
            case Obj object -> object.get(name);
            case Arr(List<JsonTree> elements) ->
                name.matches("0|[1-9]\\d{0,8}") && Integer.parseInt(name) < elements.size()
                        ? elements.get(Integer.parseInt(name))
                        : null;
            default -> null;
        };
    }
}
