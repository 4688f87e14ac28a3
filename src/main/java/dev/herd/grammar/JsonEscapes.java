package dev.herd.grammar;

import java.util.ArrayList;
import java.util.List;

/** How the characters are written that may not stand in a JSON string as they are. */
final class JsonEscapes {
    private static final ByteSet PLAIN = ByteSet.range(0x20, 0xff).minus(ByteSet.ofAscii("\"\\"));

    private JsonEscapes() {}

    /** The escape of a character; empty if it needs none. */
    static String of(char character) {
        return switch (character) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> character < 0x20 ? "\\u%04x".formatted((int) character) : "";
        };
    }

    /** The texts of {@code node} as they stand in a JSON string; escapes only where they must be. */
    static Node encode(Node node) {
        return switch (node) {
            case Node.Bytes(ByteSet set) -> encode(set);
            case Node.Sequence(List<Node> parts) ->
                new Node.Sequence(parts.stream().map(JsonEscapes::encode).toList());
            case Node.Alternatives(List<Node> options) ->
                new Node.Alternatives(options.stream().map(JsonEscapes::encode).toList());
            case Node.Repeat(Node repeated, int least, int most) -> Node.repeat(encode(repeated), least, most);
            case Node.Intersection(Node left, Node right) -> new Node.Intersection(encode(left), encode(right));
            case Node.Call call -> throw new IllegalArgumentException("a rule cannot be encoded");
            case Node.Until until -> throw new IllegalArgumentException("a search cannot be encoded");
            case Node.Graph graph -> throw new IllegalArgumentException("a graph cannot be encoded");
        };
    }

    private static Node encode(ByteSet set) {
        List<Node> options = new ArrayList<>();
        ByteSet plain = ByteSet.range(0, 0);
        for (int value = set.next(0); value >= 0; value = set.next(value + 1)) {
            if (PLAIN.contains(value)) {
                plain = plain.union(ByteSet.of(value));
            } else {
                options.add(Node.literal(of((char) value)));
            }
        }
        plain = plain.minus(ByteSet.of(0));
        if (options.isEmpty()) {
            return Node.bytes(plain);
        }
        options.add(Node.bytes(plain));
        return new Node.Alternatives(options);
    }
}
