package dev.herd.grammar;

import dev.herd.grammar.JsonTree.Bool;
import dev.herd.grammar.JsonTree.Str;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The objects of a schema: its properties in their order, then further ones if {@code additionalProperties} asks for
 * them. Without the keyword there are none, although the specification would allow them.
 */
final class ObjectSyntax {
    /* A graph with two rows of places, one before and one behind the first member, so that a comma stands between
     * members whichever are left out. */
    private static final int MOST_NAME = 500;

    private final SchemaCompiler compiler;
    private final JsonSyntax json;
    private final Schema schema;
    private final Map<String, JsonTree> properties;
    private final Set<String> required;
    private final JsonTree additional;

    ObjectSyntax(SchemaCompiler compiler, Schema schema) {
        this.compiler = compiler;
        this.json = compiler.json();
        this.schema = schema;
        this.properties = new LinkedHashMap<>(schema.members("properties"));
        this.required = Set.copyOf(schema.strings("required"));
        this.additional = schema.find("additionalProperties").orElse(new Bool(false));
        JsonTree undeclared = schema.find("additionalProperties").orElse(new Bool(true));
        schema.strings("required").forEach(name -> properties.putIfAbsent(name, undeclared));
    }

    Node node() {
        boolean isUnspecified = properties.isEmpty() && !schema.has("additionalProperties");
        return isUnspecified ? json.object() : json.enclosed('{', members(), '}');
    }

    private Node members() {
        List<String> names = new ArrayList<>(properties.keySet());
        int count = names.size();
        int behind = count + 1; // the first place of the second row
        List<Node.Arc> arcs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Node member = member(names.get(i));
            arcs.add(new Node.Arc(i, member, behind + i + 1));
            arcs.add(new Node.Arc(behind + i, json.next(member), behind + i + 1));
            if (!required.contains(names.get(i))) {
                arcs.add(new Node.Arc(i, Node.EMPTY, i + 1));
                arcs.add(new Node.Arc(behind + i, Node.EMPTY, behind + i + 1));
            }
        }
        int end = behind + count + 1;
        arcs.add(new Node.Arc(count, Node.EMPTY, end));
        arcs.add(new Node.Arc(behind + count, json.gap(), end));
        if (!additional.equals(new Bool(false))) {
            Node other = new Node.Call(Rule.of(schema.pathOf("additionalProperties"), otherMember()));
            arcs.add(new Node.Arc(count, other, behind + count));
            arcs.add(new Node.Arc(behind + count, json.next(other), behind + count));
        }
        return new Node.Graph(end + 1, arcs, 0, end);
    }

    private Node member(String name) {
        Node value =
                compiler.call(properties.getOrDefault(name, new Bool(true)), schema.pathOf("properties") + "." + name);
        return json.member(Node.literal(JsonTree.text(new Str(name))), value);
    }

    /** A member of any other name. Its key is written without needless escapes, so that it is no name in disguise. */
    private Node otherMember() {
        Node value = compiler.call(additional, schema.pathOf("additionalProperties"));
        Names names = new Names();
        for (String name : properties.keySet()) {
            if (name.length() > MOST_NAME) {
                throw schema.error("properties", "The name of a property is longer than " + MOST_NAME + " characters.");
            }
            names.add(name);
        }
        Node key = properties.isEmpty() ? json.string() : JsonSyntax.quoted(names.others(json.plainText()));
        return json.member(key, value);
    }

    /** Names by their characters. */
    private static final class Names {
        private final Map<Integer, Names> next = new TreeMap<>();
        private boolean isName;

        void add(String name) {
            Names place = this;
            for (int character : name.codePoints().toArray()) {
                place = place.next.computeIfAbsent(character, unknown -> new Names());
            }
            place.isName = true;
        }

        /** All texts that are none of the names, as they stand in a string; {@code any} is what follows a difference. */
        Node others(Node any) {
            CharSet known = CharSet.NONE;
            List<Node> options = new ArrayList<>();
            for (Map.Entry<Integer, Names> entry : next.entrySet()) {
                CharSet character = CharSet.range(entry.getKey(), entry.getKey());
                known = known.union(character);
                options.add(Node.sequence(
                        JsonEscapes.encode(character.node()), entry.getValue().others(any)));
            }
            options.add(Node.sequence(JsonEscapes.encode(known.complement().node()), any));
            if (!isName) {
                options.add(Node.EMPTY);
            }
            return new Node.Alternatives(options);
        }
    }
}
