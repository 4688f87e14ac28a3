package dev.herd.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A description of texts, put together from smaller ones. Immutable. Nothing is checked for size before
 * {@link Constraint#of} compiles it.
 *
 * <p>The tool calls of Llama 4, for example:
 *
 * <pre>{@code
 * Syntax call = Syntax.sequence(
 *         Syntax.literal("{\"name\": \"weather\", \"parameters\": "), Syntax.jsonSchema(parameters), Syntax.literal("}"));
 * }</pre>
 */
public final class Syntax {
    private final Node node;

    private Syntax(Node node) {
        this.node = node;
    }

    Node node() {
        return node;
    }

    /** This text and no other; may be empty. */
    public static Syntax literal(String text) {
        return new Syntax(Node.literal(text));
    }

    /** The special token of this name, for example {@code <|python_start|>}; no ordinary text stands for it. */
    public static Syntax special(String name) {
        return new Syntax(Node.literal(TokenTrie.special(name.getBytes(StandardCharsets.UTF_8))));
    }

    /** Texts one after the other. */
    public static Syntax sequence(Syntax... parts) {
        return new Syntax(
                new Node.Sequence(Arrays.stream(parts).map(Syntax::node).toList()));
    }

    /** One of several; at least one option. */
    public static Syntax oneOf(List<Syntax> options) {
        if (options.isEmpty()) {
            throw new ConstraintException("There is nothing to choose from.");
        }
        return new Syntax(
                new Node.Alternatives(options.stream().map(Syntax::node).toList()));
    }

    /** One of these texts; at least one. */
    public static Syntax oneOfTexts(List<String> texts) {
        return oneOf(texts.stream().map(Syntax::literal).toList());
    }

    /** A text or nothing. */
    public static Syntax optional(Syntax syntax) {
        return new Syntax(Node.optional(syntax.node()));
    }

    /** From {@code least} to {@code most} texts of a kind, one after the other; {@code 0 <= least <= most}. */
    public static Syntax repeat(Syntax syntax, int least, int most) {
        return new Syntax(Node.repeat(syntax.node(), least, most));
    }

    /** At least {@code least} texts of a kind, one after the other. */
    public static Syntax repeat(Syntax syntax, int least) {
        return new Syntax(Node.repeat(syntax.node(), least, Node.UNBOUNDED));
    }

    /** Any text, up to and including the first occurrence of one of {@code words}, which are not empty. */
    public static Syntax textUntil(List<String> words) {
        return text(words, true);
    }

    /** Any text in which none of {@code words} occurs, which are not empty; also the empty text. */
    public static Syntax textWithout(List<String> words) {
        return text(words, false);
    }

    private static Syntax text(List<String> words, boolean endsWithWord) {
        if (words.stream().anyMatch(String::isEmpty)) {
            throw new ConstraintException("A word that ends a text must not be empty.");
        }
        List<byte[]> bytes = words.stream()
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toList();
        Node text = Node.repeat(CharSet.ALL.node(), 0, Node.UNBOUNDED);
        return new Syntax(new Node.Intersection(new Node.Until(bytes, endsWithWord), text));
    }

    /**
     * All texts that a regular expression matches from the first character to the last. Linear-time patterns only, see
     * docs/structured-output.md.
     *
     * @throws ConstraintException if the expression is malformed, too large or beyond the subset
     */
    public static Syntax regex(String pattern) {
        return new Syntax(RegexParser.whole(pattern));
    }

    /**
     * All texts of a grammar in llama.cpp's notation.
     *
     * @throws ConstraintException if the grammar is malformed, incomplete or too large
     */
    public static Syntax grammar(String gbnf) {
        return new Syntax(GbnfParser.parse(gbnf));
    }

    /** Any JSON object. */
    public static Syntax jsonObject() {
        return new Syntax(SchemaCompiler.anyObject(false));
    }

    /**
     * JSON values of a schema. Everything that is written is valid; what is supported and what is never written is in
     * docs/structured-output.md.
     *
     * @param schema its text
     * @throws ConstraintException naming the place of what is malformed, contradictory or not supported
     */
    public static Syntax jsonSchema(String schema) {
        return new Syntax(SchemaCompiler.compile(schema, false));
    }

    /** As {@link #jsonSchema}, without any white space between the tokens of JSON. */
    public static Syntax compactJsonSchema(String schema) {
        return new Syntax(SchemaCompiler.compile(schema, true));
    }
}
