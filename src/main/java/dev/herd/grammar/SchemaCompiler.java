package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Bool;
import dev.herd.grammar.JsonTree.Obj;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a JSON schema into a syntax all of whose texts are valid. The other way round it is not so: of the values that
 * the schema allows, some are never written (docs/structured-output.md lists them).
 */
final class SchemaCompiler {
    /* Each subschema becomes a rule, so that references, recursive ones too, are calls. A schema that holds together
     * with others ($ref with siblings, allOf, anyOf with siblings) is merged with them into one first. */
    private static final int MOST_RULES = 10_000;
    private static final int MOST_MERGES = 64;

    /** Members of merged schemas, by which the time of compiling is bounded. */
    private static final int MOST_MERGED_MEMBERS = 2_000_000;

    private final JsonSyntax json;
    private final SchemaReferences references;
    private final IdentityHashMap<JsonTree, Rule> rules = new IdentityHashMap<>();
    private final Deque<Pending> open = new ArrayDeque<>();
    private int mergedMembers;

    private SchemaCompiler(JsonTree root, boolean isCompact) {
        this.json = new JsonSyntax(isCompact);
        this.references = new SchemaReferences(root);
    }

    /**
     * The values of a schema.
     *
     * @param isCompact whether white space is left out
     * @throws ConstraintException naming the place of what is malformed, contradictory or not supported
     */
    static Node compile(String text, boolean isCompact) {
        JsonTree root = JsonTreeReader.read(text);
        SchemaCompiler compiler = new SchemaCompiler(root, isCompact);
        Node node = compiler.call(root, "");
        while (!compiler.open.isEmpty()) {
            Pending next = compiler.open.removeFirst();
            next.rule().define(compiler.body(next.schema()));
        }
        return node;
    }

    /** Any JSON object. */
    static Node anyObject(boolean isCompact) {
        return new JsonSyntax(isCompact).object();
    }

    private record Pending(Rule rule, Schema schema) {}

    JsonSyntax json() {
        return json;
    }

    /** The values of a subschema. */
    Node call(JsonTree tree, String path) {
        return switch (tree) {
            case Bool(boolean allowsAll) -> allowsAll ? json.value() : Node.NOTHING;
            case Obj object -> new Node.Call(rule(object, path));
            default -> throw new ConstraintException(path, "A schema must be an object, or true or false.");
        };
    }

    private Rule rule(Obj tree, String path) {
        Rule known = rules.get(tree);
        if (known != null) {
            return known;
        }
        if (rules.size() == MOST_RULES) {
            throw new ConstraintException(
                    path, "The schema is too large: it comes to more than " + MOST_RULES + " subschemas.");
        }
        Rule rule = new Rule(path.isEmpty() ? "the schema" : path);
        rules.put(tree, rule);
        open.add(new Pending(rule, new Schema(tree, path)));
        return rule;
    }

    private Node body(Schema schema) {
        SchemaKeywords.check(schema);
        if (schema.has(SchemaKeywords.REF)
                && !SchemaKeywords.asserts(without(schema, SchemaKeywords.REF).tree())) {
            SchemaReferences.Target target = references.resolve(schema);
            return call(target.tree(), target.path());
        }
        Schema flat = flatten(schema, 0);
        if (flat.has("anyOf")) {
            return branches(flat, "anyOf");
        }
        if (flat.has("oneOf")) {
            SchemaBranches.requireDisjoint(flat, branch -> flatten(branch, 0));
            return branches(flat, "oneOf");
        }
        return values(flat);
    }

    /** The schema with its {@code $ref} and {@code allOf} merged into it. */
    private Schema flatten(Schema schema, int depth) {
        if (depth > MOST_MERGES) {
            throw new ConstraintException(
                    schema.path(), "The schema is merged with others, or with itself, without an end.");
        }
        mergedMembers += 1
                + schema.tree().members().size()
                + schema.members("properties").size();
        if (mergedMembers > MOST_MERGED_MEMBERS) {
            throw new ConstraintException(
                    schema.path(), "The schema is too large: it is merged with others too often.");
        }
        SchemaKeywords.check(schema);
        Schema flat = without(schema, SchemaKeywords.REF, "allOf", "$defs", "definitions");
        if (schema.has(SchemaKeywords.REF)) {
            SchemaReferences.Target target = references.resolve(schema);
            flat = merged(flat, target.tree(), target.path(), depth);
        }
        List<JsonTree> all = schema.elements("allOf");
        for (int i = 0; i < all.size(); i++) {
            flat = merged(flat, all.get(i), schema.pathOf("allOf") + "." + i, depth);
        }
        return flat;
    }

    private Schema merged(Schema flat, JsonTree other, String path, int depth) {
        return switch (other) {
            case Obj object -> SchemaMerge.merge(flat, flatten(new Schema(object, path), depth + 1));
            case Bool(boolean allowsAll) when allowsAll -> flat;
            default -> throw new ConstraintException(path, "The schema must be an object, or true.");
        };
    }

    private static Schema without(Schema schema, String... keywords) {
        Map<String, JsonTree> members = new LinkedHashMap<>(schema.tree().members());
        members.keySet().removeAll(Set.of(keywords));
        return new Schema(new Obj(members), schema.path());
    }

    private Node branches(Schema flat, String keyword) {
        List<JsonTree> branches = flat.elements(keyword);
        if (branches.isEmpty()) {
            throw flat.error(keyword, "'" + keyword + "' lists no schema.");
        }
        Schema base = without(flat, keyword);
        boolean standsAlone = !SchemaKeywords.asserts(base.tree());
        List<Node> options = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            String path = flat.pathOf(keyword) + "." + i;
            if (standsAlone || branches.get(i).equals(new Bool(false))) {
                options.add(call(branches.get(i), path));
            } else {
                options.add(call(merged(base, branches.get(i), path, 0).tree(), path));
            }
        }
        return new Node.Alternatives(options);
    }

    /** The values of a schema without references and branches. */
    private Node values(Schema schema) {
        if (schema.has("const") || schema.has("enum")) {
            return SchemaBranches.literals(schema);
        }
        List<Node> options = new ArrayList<>();
        for (JsonType type : JsonType.generated(schema)) {
            options.add(
                    switch (type) {
                        case OBJECT -> new ObjectSyntax(this, schema).node();
                        case ARRAY -> new ArraySyntax(this, schema).node();
                        case STRING -> StringSyntax.node(json, schema);
                        case NUMBER -> NumberKeywords.node(json, schema, false);
                        case INTEGER -> NumberKeywords.node(json, schema, true);
                        case BOOLEAN -> Node.oneOf(Node.literal("true"), Node.literal("false"));
                        case NULL -> Node.literal("null");
                    });
        }
        return options.size() == 1 ? options.getFirst() : new Node.Alternatives(options);
    }
}
