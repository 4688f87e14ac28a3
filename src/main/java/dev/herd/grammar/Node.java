package dev.herd.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A set of byte strings as a tree. */
sealed interface Node {
    /** {@link Repeat#most} of a repetition without end. */
    int UNBOUNDED = -1;

    /** The empty string only. */
    Node EMPTY = new Sequence(List.of());

    /** No string at all. */
    Node NOTHING = new Alternatives(List.of());

    /** One byte of a set. */
    record Bytes(ByteSet set) implements Node {}

    /** Parts one after the other. */
    record Sequence(List<Node> parts) implements Node {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of several. */
    record Alternatives(List<Node> options) implements Node {
        public Alternatives {
            options = List.copyOf(options);
        }
    }

    /** From {@code least} to {@code most} times the same. */
    record Repeat(Node node, int least, int most) implements Node {
        public Repeat {
            if (least < 0 || (most != UNBOUNDED && most < least)) {
                throw new IllegalArgumentException("a repetition of {" + least + "," + most + "}");
            }
        }
    }

    /** What a rule describes. */
    record Call(Rule rule) implements Node {}

    /** What is in both; neither may call a rule. */
    record Intersection(Node left, Node right) implements Node {}

    /**
     * Any bytes in which none of some words occurs.
     *
     * @param endsWithWord whether one of the words follows, after which the text is over
     */
    record Until(List<byte[]> words, boolean endsWithWord) implements Node {
        public Until {
            words = List.copyOf(words);
        }
    }

    /**
     * Ways through a graph of {@code states} places, from {@code start} to {@code end}.
     *
     * @param arcs ways from place to place
     */
    record Graph(int states, List<Arc> arcs, int start, int end) implements Node {
        public Graph {
            arcs = List.copyOf(arcs);
        }
    }

    /** What is read on the way between two places of a graph. */
    record Arc(int from, Node node, int target) {}

    static Node bytes(ByteSet set) {
        return set.isEmpty() ? NOTHING : new Bytes(set);
    }

    static Node sequence(Node... parts) {
        return new Sequence(List.of(parts));
    }

    static Node oneOf(Node... options) {
        return new Alternatives(List.of(options));
    }

    static Node optional(Node node) {
        return new Repeat(node, 0, 1);
    }

    static Node repeat(Node node, int least, int most) {
        return new Repeat(node, least, most);
    }

    /** Exactly this text, in UTF-8. */
    static Node literal(String text) {
        return literal(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Exactly these bytes. */
    static Node literal(byte[] bytes) {
        List<Node> parts = new ArrayList<>(bytes.length);
        for (byte value : bytes) {
            parts.add(new Bytes(ByteSet.of(Byte.toUnsignedInt(value))));
        }
        return new Sequence(parts);
    }
}
