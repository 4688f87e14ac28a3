package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Obj;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What tells schemas apart: literal values, and branches of {@code oneOf} of which no value fulfils two. */
final class SchemaBranches {
    private static final List<JsonType> WITH_KEYWORDS =
            List.of(JsonType.OBJECT, JsonType.ARRAY, JsonType.STRING, JsonType.NUMBER);

    private SchemaBranches() {}

    /**
     * The values that {@code const} and {@code enum} name and {@code type} allows.
     *
     * @throws ConstraintException if there are none, or other keywords would have to judge them
     */
    static Node literals(Schema schema) {
        Set<JsonType> types = JsonType.stated(schema);
        List<JsonTree> values = named(schema).orElseThrow().stream()
                .filter(value -> JsonType.isOneOf(types, value))
                .toList();
        String keyword = schema.has("enum") ? "enum" : "const";
        if (values.isEmpty()) {
            throw schema.error(keyword, "'" + keyword + "' names no value of the schema's type.");
        }
        for (JsonType type : WITH_KEYWORDS) {
            boolean isConcerned = values.stream().anyMatch(value -> JsonType.isOneOf(EnumSet.of(type), value));
            Optional<String> other =
                    type.keywords().stream().filter(schema::has).sorted().findFirst();
            if (isConcerned && other.isPresent()) {
                throw schema.error(
                        keyword, "'" + keyword + "' cannot be combined with '" + other.get() + "' in one schema.");
            }
        }
        return new Node.Alternatives(
                values.stream().map(value -> Node.literal(JsonTree.text(value))).toList());
    }

    /** The values to which {@code const} and {@code enum} confine a schema. */
    private static Optional<List<JsonTree>> named(Schema schema) {
        if (!schema.has("const") && !schema.has("enum")) {
            return Optional.empty();
        }
        List<JsonTree> values = new ArrayList<>(
                schema.has("enum")
                        ? schema.elements("enum")
                        : List.of(schema.find("const").orElseThrow()));
        schema.find("const").ifPresent(constant -> values.removeIf(value -> !value.equals(constant)));
        return Optional.of(values);
    }

    /**
     * Checks that no value fulfils two branches of {@code oneOf}.
     *
     * @param flatten merges into a schema what it refers to
     * @throws ConstraintException if that cannot be told by their types, constants or a required property's constants
     */
    static void requireDisjoint(Schema schema, UnaryOperator<Schema> flatten) {
        List<Schema> branches = new ArrayList<>();
        List<JsonTree> trees = schema.elements("oneOf");
        for (int i = 0; i < trees.size(); i++) {
            if (!(trees.get(i) instanceof Obj tree)) {
                throw schema.error("oneOf." + i, "A branch of 'oneOf' must be an object.");
            }
            branches.add(flatten.apply(new Schema(tree, schema.pathOf("oneOf") + "." + i)));
        }
        for (int i = 0; i < branches.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!areDisjoint(branches.get(j), branches.get(i), flatten)) {
                    throw schema.error(
                            "oneOf",
                            "The branches " + j + " and " + i + " of 'oneOf' cannot be told apart: they need different"
                                    + " types, different constants, or a required property with different constants;"
                                    + " use 'anyOf' if a value may fulfil both.");
                }
            }
        }
    }

    private static boolean areDisjoint(Schema left, Schema right, UnaryOperator<Schema> flatten) {
        if (JsonType.areDisjoint(JsonType.stated(left), JsonType.stated(right))) {
            return true;
        }
        Optional<List<JsonTree>> leftValues = named(left);
        Optional<List<JsonTree>> rightValues = named(right);
        if (leftValues.isPresent() && rightValues.isPresent()) {
            return Collections.disjoint(leftValues.get(), rightValues.get());
        }
        boolean areObjects = JsonType.generated(left).equals(EnumSet.of(JsonType.OBJECT))
                && JsonType.generated(right).equals(EnumSet.of(JsonType.OBJECT));
        return areObjects
                && left.strings("required").stream()
                        .filter(right.strings("required")::contains)
                        .anyMatch(name -> areDisjoint(name, left, right, flatten));
    }

    private static boolean areDisjoint(String name, Schema left, Schema right, UnaryOperator<Schema> flatten) {
        JsonTree leftTree = left.members("properties").get(name);
        JsonTree rightTree = right.members("properties").get(name);
        if (!(leftTree instanceof Obj leftObject) || !(rightTree instanceof Obj rightObject)) {
            return false;
        }
        Optional<List<JsonTree>> leftValues = named(flatten.apply(new Schema(leftObject, left.path())));
        Optional<List<JsonTree>> rightValues = named(flatten.apply(new Schema(rightObject, right.path())));
        return leftValues.isPresent()
                && rightValues.isPresent()
                && Collections.disjoint(leftValues.get(), rightValues.get());
    }
}
