package dev.herd.grammar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads grammars in the notation of llama.cpp (GBNF): rules {@code name ::= …}, of which {@code root} is the first. */
final class GbnfParser {
    private static final int MOST_CHARACTERS = 256 * 1024;
    private static final int MOST_REPETITIONS = 1_000;
    private static final int MOST_NESTING = 100;
    private static final String ROOT = "root";

    private final String text;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final Set<String> defined = new HashSet<>();
    private int at;
    private int depth;

    private GbnfParser(String text) {
        this.text = text;
    }

    /**
     * What {@code root} describes.
     *
     * @throws ConstraintException if the grammar is malformed, incomplete or too large
     */
    static Node parse(String text) {
        GbnfParser parser = new GbnfParser(text);
        if (text.length() > MOST_CHARACTERS) {
            throw parser.error("the grammar is longer than " + MOST_CHARACTERS + " characters");
        }
        return parser.grammar();
    }

    private Node grammar() {
        skipSpace(true);
        while (at < text.length()) {
            definition();
            skipSpace(true);
        }
        for (String name : rules.keySet()) {
            if (!defined.contains(name)) {
                throw new ConstraintException("The grammar uses the rule '" + name + "' but does not define it.");
            }
        }
        Rule root = rules.get(ROOT);
        if (root == null) {
            throw new ConstraintException("The grammar has no rule named 'root'.");
        }
        return new Node.Call(root);
    }

    private void definition() {
        String name = name();
        skipSpace(false);
        if (!text.startsWith("::=", at)) {
            throw error("'::=' is missing after '" + name + "'");
        }
        at += 3;
        if (!defined.add(name)) {
            throw error("the rule '" + name + "' is defined twice");
        }
        skipSpace(true);
        Node body = alternatives(false);
        rule(name).define(body);
        if (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
            throw error("something follows on the rule '" + name + "' in its line");
        }
    }

    private Rule rule(String name) {
        return rules.computeIfAbsent(name, Rule::new);
    }

    private String name() {
        int start = at;
        while (at < text.length() && isNameCharacter(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            throw error("a rule's name is missing");
        }
        return text.substring(start, at);
    }

    private static boolean isNameCharacter(char character) {
        return (character >= 'a' && character <= 'z')
                || (character >= 'A' && character <= 'Z')
                || (character >= '0' && character <= '9')
                || character == '-'
                || character == '_';
    }

    private Node alternatives(boolean isNested) {
        if (++depth > MOST_NESTING) {
            throw error("parentheses nest deeper than " + MOST_NESTING);
        }
        List<Node> options = new ArrayList<>();
        options.add(sequence(isNested));
        while (takeBar()) {
            skipSpace(true);
            options.add(sequence(isNested));
        }
        depth--;
        return options.size() == 1 ? options.getFirst() : new Node.Alternatives(options);
    }

    /** A bar may also begin the next line. */
    private boolean takeBar() {
        int before = at;
        skipSpace(true);
        if (peek() == '|') {
            at++;
            return true;
        }
        at = before;
        return false;
    }

    private Node sequence(boolean isNested) {
        List<Node> parts = new ArrayList<>();
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next == '"') {
                at++;
                parts.add(literal());
            } else if (next == '[') {
                at++;
                parts.add(characterClass());
            } else if (next == '.') {
                at++;
                parts.add(CharSet.ALL.node());
            } else if (next == '(') {
                at++;
                parts.add(group());
            } else if (isNameCharacter(next)) {
                parts.add(new Node.Call(rule(name())));
            } else if (next == '*' || next == '+' || next == '?' || next == '{') {
                requirePart(parts);
                parts.add(repeated(parts.removeLast()));
            } else {
                break;
            }
            skipSpace(isNested);
        }
        return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
    }

    private void requirePart(List<Node> parts) {
        if (parts.isEmpty()) {
            throw error("there is nothing to repeat");
        }
    }

    private Node group() {
        skipSpace(true);
        Node group = alternatives(true);
        skipSpace(true);
        if (peek() != ')') {
            throw error("')' is missing");
        }
        at++;
        return group;
    }

    private Node repeated(Node node) {
        char operator = text.charAt(at++);
        return switch (operator) {
            case '*' -> Node.repeat(node, 0, Node.UNBOUNDED);
            case '+' -> Node.repeat(node, 1, Node.UNBOUNDED);
            case '?' -> Node.optional(node);
            default -> counted(node);
        };
    }

    private Node counted(Node node) {
        int end = text.indexOf('}', at);
        String bounds = end < 0 ? "" : text.substring(at, end).replace(" ", "");
        if (!bounds.matches("\\d{1,9}(,\\d{0,9})?|,\\d{1,9}")) {
            throw error("a repetition is not {n}, {n,} or {n,m}");
        }
        at = end + 1;
        int comma = bounds.indexOf(',');
        int least = comma == 0 ? 0 : Integer.parseInt(comma < 0 ? bounds : bounds.substring(0, comma));
        int most = least;
        if (comma >= 0) {
            most = comma == bounds.length() - 1 ? Node.UNBOUNDED : Integer.parseInt(bounds.substring(comma + 1));
        }
        if (Math.max(least, most) > MOST_REPETITIONS) {
            throw error("something is repeated more than " + MOST_REPETITIONS + " times");
        }
        if (most != Node.UNBOUNDED && most < least) {
            throw error("the bounds of a repetition are the wrong way round");
        }
        return Node.repeat(node, least, most);
    }

    private Node literal() {
        StringBuilder literal = new StringBuilder();
        while (peek() != '"') {
            literal.appendCodePoint(character("a literal"));
        }
        at++;
        return Node.literal(literal.toString());
    }

    private Node characterClass() {
        boolean isNegated = peek() == '^';
        at += isNegated ? 1 : 0;
        CharSet set = CharSet.NONE;
        while (peek() != ']') {
            int first = character("a character class");
            int last = first;
            if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                last = character("a character class");
            }
            if (last < first) {
                throw error("a range goes from a higher to a lower character");
            }
            set = set.union(CharSet.range(first, last));
        }
        at++;
        return (isNegated ? set.complement() : set).node();
    }

    private int character(String place) {
        if (at >= text.length() || text.charAt(at) == '\n') {
            throw error(place + " is not closed");
        }
        int character = text.codePointAt(at);
        at += Character.charCount(character);
        if (character == '\\') {
            character = escape();
        }
        if (!Character.isValidCodePoint(character)
                || CharSet.range(character, character).isEmpty()) {
            throw error("a character does not exist");
        }
        return character;
    }

    private int escape() {
        char escaped = peek();
        at++;
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '"', '[', ']', '-', '^' -> escaped;
            case 'x' -> hexadecimal(2);
            case 'u' -> hexadecimal(4);
            case 'U' -> hexadecimal(8);
            default -> throw error("a backslash is followed by something else than x u U n r t \\ \" [ ] - or ^");
        };
    }

    private int hexadecimal(int digits) {
        if (at + digits > text.length() || !text.substring(at, at + digits).matches("0{0,2}[0-9A-Fa-f]{2,6}")) {
            throw error("a character's number is not " + digits + " hexadecimal digits");
        }
        at += digits;
        return Integer.parseInt(text, at - digits, at, 16);
    }

    private void skipSpace(boolean linesToo) {
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next == '#') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (next == ' ' || next == '\t' || (linesToo && (next == '\n' || next == '\r'))) {
                at++;
            } else {
                return;
            }
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private ConstraintException error(String problem) {
        long line = 1
                + text.substring(0, Math.min(at, text.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
        return new ConstraintException("The grammar cannot be read in line " + line + ": " + problem + ".");
    }
}
