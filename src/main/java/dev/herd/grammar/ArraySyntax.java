package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Bool;
import java.util.List;

/** The arrays of a schema. */
final class ArraySyntax {
    /** A greater {@code maxItems} counts as this, a greater {@code minItems} is refused. */
    private static final int MOST_ITEMS = 10_000;

    private static final int MOST_PREFIX = 256;

    private final SchemaCompiler compiler;
    private final Schema schema;
    private final List<JsonTree> prefix;
    private final int least;
    private final int most;

    ArraySyntax(SchemaCompiler compiler, Schema schema) {
        this.compiler = compiler;
        this.schema = schema;
        this.prefix = schema.elements("prefixItems");
        this.least = schema.count("minItems", 0, MOST_ITEMS);
        int stated = schema.cappedCount("maxItems", MOST_ITEMS);
        boolean isClosed = new Bool(false).equals(schema.tree().get("items"));
        boolean isLonger = stated == Node.UNBOUNDED || stated > prefix.size();
        this.most = isClosed && isLonger ? prefix.size() : stated;
    }

    Node node() {
        if (prefix.size() > MOST_PREFIX) {
            throw schema.error("prefixItems", "'prefixItems' has more than " + MOST_PREFIX + " elements.");
        }
        if (schema.tree().get("items") instanceof JsonTree.Arr) {
            throw schema.error("items", "'items' must be a schema; a list of schemas is written as 'prefixItems'.");
        }
        if (most != Node.UNBOUNDED && most < least) {
            return Node.NOTHING;
        }
        return compiler.json().enclosed('[', from(0), ']');
    }

    /** All elements from {@code index} on, with the comma before the first of them unless it is the array's first. */
    private Node from(int index) {
        if (index == most) {
            return Node.EMPTY;
        }
        if (index == prefix.size()) {
            return others(index);
        }
        Node element = compiler.call(prefix.get(index), schema.pathOf("prefixItems") + "." + index);
        Node rest = index == 0
                ? Node.sequence(element, from(1), compiler.json().gap())
                : Node.sequence(compiler.json().next(element), from(index + 1));
        return index < least ? rest : Node.optional(rest);
    }

    private Node others(int index) {
        Node element = compiler.call(schema.find("items").orElse(new Bool(true)), schema.pathOf("items"));
        int atLeast = Math.max(0, least - index);
        int atMost = most == Node.UNBOUNDED ? Node.UNBOUNDED : most - index;
        if (index > 0) {
            return Node.repeat(compiler.json().next(element), atLeast, atMost);
        }
        Node list = compiler.json().list(element, Math.max(1, atLeast), atMost);
        return atLeast == 0 ? Node.optional(list) : list;
    }
}
