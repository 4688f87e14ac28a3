package dev.herd.grammar;

import java.util.List;

/**
 * The rules of JSON values of any kind. White space is bounded: between two tokens nothing, a space, or a line break
 * with up to 16 spaces, and none in front of a colon or a comma, so that an untrained model cannot fill its budget with
 * it. Numbers have at most {@value #MOST_DIGITS} digits before and after the point and two in the exponent, so that
 * every reader can hold them.
 */
final class JsonSyntax {
    /** Digits of a number's parts. */
    static final int MOST_DIGITS = 17;

    private static final int MOST_INDENT = 16;
    private static final Node DIGIT = Node.bytes(ByteSet.range('0', '9'));
    private static final Node HEX = Node.bytes(ByteSet.ofAscii("0123456789abcdefABCDEF"));

    private final Rule gap;
    private final Rule character = Rule.of("character", character());
    private final Rule string = Rule.of("string", quoted(Node.repeat(new Node.Call(character), 0, Node.UNBOUNDED)));
    private final Rule plainText =
            Rule.of("text", JsonEscapes.encode(Node.repeat(CharSet.ALL.node(), 0, Node.UNBOUNDED)));
    private final Rule number = Rule.of("number", anyNumber());
    private final Rule value = new Rule("value");
    private final Rule object = new Rule("object");
    private final Rule array = new Rule("array");

    /** Without any white space if {@code isCompact}. */
    JsonSyntax(boolean isCompact) {
        Node indent = Node.repeat(Node.literal(" "), 0, MOST_INDENT);
        gap = Rule.of(
                "gap",
                isCompact
                        ? Node.EMPTY
                        : Node.oneOf(Node.EMPTY, Node.literal(" "), Node.sequence(Node.literal("\n"), indent)));
        value.define(new Node.Alternatives(List.of(
                new Node.Call(object),
                new Node.Call(array),
                new Node.Call(string),
                new Node.Call(number),
                Node.literal("true"),
                Node.literal("false"),
                Node.literal("null"))));
        Node member = member(new Node.Call(string), new Node.Call(value));
        object.define(enclosed('{', Node.optional(list(member, 1, Node.UNBOUNDED)), '}'));
        array.define(enclosed('[', Node.optional(list(new Node.Call(value), 1, Node.UNBOUNDED)), ']'));
    }

    /** Any value. */
    Node value() {
        return new Node.Call(value);
    }

    /** Any object. */
    Node object() {
        return new Node.Call(object);
    }

    /** Any string. */
    Node string() {
        return new Node.Call(string);
    }

    /** What may stand in a string, escaped only where it must be. */
    Node plainText() {
        return new Node.Call(plainText);
    }

    /** Any number. */
    Node number() {
        return new Node.Call(number);
    }

    /** Any string of so many characters; {@code most} may be {@link Node#UNBOUNDED}. */
    Node string(int least, int most) {
        return quoted(Node.repeat(new Node.Call(character), least, most));
    }

    /** White space, or none. */
    Node gap() {
        return new Node.Call(gap);
    }

    /** A string with this content. */
    static Node quoted(Node content) {
        return Node.sequence(Node.literal("\""), content, Node.literal("\""));
    }

    /** A key and its value. */
    Node member(Node key, Node memberValue) {
        return Node.sequence(key, Node.literal(":"), gap(), memberValue);
    }

    /** A comma, and what stands behind it. */
    Node next(Node element) {
        return Node.sequence(Node.literal(","), gap(), element);
    }

    /** From {@code least}, which is not 0, to {@code most} elements, with commas between them and a gap behind them. */
    Node list(Node element, int least, int most) {
        int more = most == Node.UNBOUNDED ? Node.UNBOUNDED : most - 1;
        return Node.sequence(element, Node.repeat(next(element), least - 1, more), gap());
    }

    /** Content in brackets, which has a gap behind it unless it is empty. */
    Node enclosed(char open, Node content, char close) {
        return Node.sequence(Node.literal(String.valueOf(open)), gap(), content, Node.literal(String.valueOf(close)));
    }

    /** Any integer. */
    static Node anyInteger() {
        Node positive = Node.sequence(Node.bytes(ByteSet.range('1', '9')), digits(0, MOST_DIGITS - 1));
        return Node.oneOf(Node.literal("0"), Node.sequence(Node.optional(Node.literal("-")), positive));
    }

    /** From {@code least} to {@code most} decimal digits. */
    static Node digits(int least, int most) {
        return Node.repeat(DIGIT, least, most);
    }

    private static Node anyNumber() {
        Node fraction = Node.sequence(Node.literal("."), digits(1, MOST_DIGITS));
        Node exponent = Node.sequence(
                Node.bytes(ByteSet.ofAscii("eE")), Node.optional(Node.bytes(ByteSet.ofAscii("+-"))), digits(1, 2));
        Node whole = Node.oneOf(
                Node.literal("0"), Node.sequence(Node.bytes(ByteSet.range('1', '9')), digits(0, MOST_DIGITS - 1)));
        return Node.sequence(Node.optional(Node.literal("-")), whole, Node.optional(fraction), Node.optional(exponent));
    }

    /** One character as it is, or escaped; no half of a surrogate pair. */
    private static Node character() {
        Node plain = CharSet.range(0x20, Character.MAX_CODE_POINT)
                .minus(CharSet.of("\"\\"))
                .node();
        Node lowHalf = Node.sequence(Node.bytes(ByteSet.ofAscii("cdefCDEF")), HEX, HEX);
        Node pair = Node.sequence(
                Node.bytes(ByteSet.ofAscii("dD")),
                Node.bytes(ByteSet.ofAscii("89abAB")),
                HEX,
                HEX,
                Node.literal("\\u"),
                Node.bytes(ByteSet.ofAscii("dD")),
                lowHalf);
        Node low = Node.sequence(Node.bytes(ByteSet.ofAscii("dD")), Node.bytes(ByteSet.range('0', '7')), HEX, HEX);
        Node other = Node.sequence(Node.bytes(ByteSet.ofAscii("0123456789abcefABCEF")), HEX, HEX, HEX);
        Node unicode = Node.sequence(Node.literal("u"), Node.oneOf(other, low, pair));
        return Node.oneOf(
                plain,
                Node.sequence(Node.literal("\\"), Node.oneOf(Node.bytes(ByteSet.ofAscii("\"\\/bfnrt")), unicode)));
    }
}
