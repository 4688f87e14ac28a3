package dev.herd.grammar;

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
        ByteSet plain = ByteSet.NONE;
        ByteSet named = ByteSet.NONE; // the letter of a short escape
        ByteSet low = ByteSet.NONE; // the last digit of a long one below 0x10
        ByteSet high = ByteSet.NONE; // from there to 0x1f
        for (int value = set.next(0); value >= 0; value = set.next(value + 1)) {
            String escape = PLAIN.contains(value) ? "" : of((char) value);
            if (escape.isEmpty()) {
                plain = plain.union(ByteSet.of(value));
            } else if (escape.length() == 2) {
                named = named.union(ByteSet.of(escape.charAt(1)));
            } else if (value < 0x10) {
                low = low.union(ByteSet.of(escape.charAt(5)));
            } else {
                high = high.union(ByteSet.of(escape.charAt(5)));
            }
        }
        if (named.isEmpty() && low.isEmpty() && high.isEmpty()) {
            return Node.bytes(plain);
        }
        Node number = Node.oneOf(
                Node.sequence(Node.literal("0"), Node.bytes(low)), Node.sequence(Node.literal("1"), Node.bytes(high)));
        return Node.oneOf(
                Node.bytes(plain),
                Node.sequence(
                        Node.literal("\\"), Node.oneOf(Node.bytes(named), Node.sequence(Node.literal("u00"), number))));
    }
}
