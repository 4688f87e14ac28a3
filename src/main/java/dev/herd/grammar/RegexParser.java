package dev.herd.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads regular expressions that can be matched in linear time: what RE2, ECMAScript and Java have in common. See
 * docs/structured-output.md for the list.
 */
final class RegexParser {
    private static final int MOST_CHARACTERS = 10_000;
    private static final int MOST_REPETITIONS = 1_000;
    private static final int MOST_NESTING = 100;

    private final String pattern;
    private int at;
    private int depth;

    private RegexParser(String pattern) {
        this.pattern = pattern;
    }

    /**
     * All texts that {@code pattern} matches from their first character to their last.
     *
     * @throws ConstraintException if the pattern is malformed, too large or beyond the subset
     */
    static Node whole(String pattern) {
        List<Node> options = new ArrayList<>();
        for (Branch branch : parse(pattern)) {
            options.add(branch.node());
        }
        return new Node.Alternatives(options);
    }

    /**
     * All texts in which {@code pattern} matches somewhere.
     *
     * @throws ConstraintException if the pattern is malformed, too large or beyond the subset
     */
    static Node somewhere(String pattern) {
        Node any = Node.repeat(CharSet.ALL.node(), 0, Node.UNBOUNDED);
        List<Node> options = new ArrayList<>();
        for (Branch branch : parse(pattern)) {
            options.add(Node.sequence(
                    branch.isAtStart() ? Node.EMPTY : any, branch.node(), branch.isAtEnd() ? Node.EMPTY : any));
        }
        return new Node.Alternatives(options);
    }

    private static List<Branch> parse(String pattern) {
        RegexParser parser = new RegexParser(pattern);
        if (pattern.length() > MOST_CHARACTERS) {
            throw parser.error("is longer than " + MOST_CHARACTERS + " characters");
        }
        List<Branch> branches = parser.branches();
        if (parser.at < pattern.length()) {
            throw parser.error("has a closing parenthesis too many");
        }
        return branches;
    }

    /** One alternative, and whether it holds at the start or the end of the text only. */
    private record Branch(Node node, boolean isAtStart, boolean isAtEnd) {
        boolean isAnchored() {
            return isAtStart || isAtEnd;
        }
    }

    private List<Branch> branches() {
        if (++depth > MOST_NESTING) {
            throw error("nests deeper than " + MOST_NESTING + " groups");
        }
        List<Branch> branches = new ArrayList<>(branch());
        while (take('|')) {
            branches.addAll(branch());
        }
        depth--;
        return branches;
    }

    /** One alternative; several if it is nothing but a group with anchored ones. */
    private List<Branch> branch() {
        boolean isAtStart = false;
        while (take('^')) {
            isAtStart = true;
        }
        List<Node> parts = new ArrayList<>();
        boolean isAtEnd = false;
        while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
            if (take('$')) {
                isAtEnd = true;
                continue;
            }
            if (isAtEnd || pattern.charAt(at) == '^') {
                throw misplacedAnchor();
            }
            if (take('(')) {
                List<Branch> group = group();
                if (group.stream().anyMatch(Branch::isAnchored)) {
                    requireWhole(parts.isEmpty() && !isAtStart);
                    return group;
                }
                parts.add(quantified(
                        new Node.Alternatives(group.stream().map(Branch::node).toList())));
            } else {
                parts.add(quantified(atom()));
            }
        }
        return List.of(new Branch(parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts), isAtStart, isAtEnd));
    }

    private void requireWhole(boolean isFirst) {
        boolean isLast = at == pattern.length() || pattern.charAt(at) == '|' || pattern.charAt(at) == ')';
        if (!isFirst || !isLast) {
            throw misplacedAnchor();
        }
    }

    private List<Branch> group() {
        if (take('?') && !take(':')) {
            boolean isNamed = take('P') || peek() == '<';
            if (!isNamed || !take('<') || peek() == '=' || peek() == '!') {
                throw error("has a look-around, a flag or an atomic group, which is not supported");
            }
            int end = pattern.indexOf('>', at);
            if (end < 0) {
                throw error("has a group whose name does not end");
            }
            at = end + 1;
        }
        List<Branch> branches = branches();
        if (!take(')')) {
            throw error("has a group that is not closed");
        }
        return branches;
    }

    private Node quantified(Node node) {
        Node quantified = node;
        while (at < pattern.length()) {
            int start = at;
            if (take('*')) {
                quantified = Node.repeat(quantified, 0, Node.UNBOUNDED);
            } else if (take('+')) {
                quantified = Node.repeat(quantified, 1, Node.UNBOUNDED);
            } else if (take('?')) {
                quantified = Node.optional(quantified);
            } else if (isCount()) {
                quantified = counted(quantified);
            } else {
                return quantified;
            }
            take('?'); // which of the matches is found does not matter
            if (peek() == '+' || peek() == '*' || (peek() == '?' && at > start) || isCount()) {
                throw error("has a quantifier on a quantifier, which is not supported");
            }
        }
        return quantified;
    }

    private boolean isCount() {
        if (peek() != '{') {
            return false;
        }
        int end = pattern.indexOf('}', at);
        return end > 0 && pattern.substring(at + 1, end).matches("\\d+(,\\d*)?");
    }

    private Node counted(Node node) {
        int end = pattern.indexOf('}', at);
        String[] bounds = pattern.substring(at + 1, end).split(",", -1);
        at = end + 1;
        int least = count(bounds[0]);
        int most = least;
        if (bounds.length > 1) {
            most = bounds[1].isEmpty() ? Node.UNBOUNDED : count(bounds[1]);
        }
        if (most != Node.UNBOUNDED && most < least) {
            throw error("has a repetition {" + least + "," + most + "} whose bounds are the wrong way round");
        }
        return Node.repeat(node, least, most);
    }

    private int count(String digits) {
        if (digits.length() > 4 || Integer.parseInt(digits) > MOST_REPETITIONS) {
            throw error("repeats something more than " + MOST_REPETITIONS + " times");
        }
        return Integer.parseInt(digits);
    }

    private Node atom() {
        if (take('.')) {
            return RegexClasses.DOT.node();
        }
        if (take('[')) {
            return characterClass().node();
        }
        char next = pattern.charAt(at);
        if (next == '*' || next == '+' || next == '?' || isCount()) {
            throw error("has a quantifier with nothing to repeat");
        }
        return take('\\')
                ? escape(false).node()
                : CharSet.range(peekCharacter(), takeCharacter()).node();
    }

    private CharSet characterClass() {
        boolean isNegated = take('^');
        CharSet set = CharSet.NONE;
        boolean isFirst = true;
        while (isFirst || peek() != ']') {
            isFirst = false;
            if (at >= pattern.length()) {
                throw error("has a character class that is not closed");
            }
            if (peek() == ']') {
                throw error("has an empty character class");
            }
            set = set.union(classItem());
        }
        at++;
        return isNegated ? set.complement() : set;
    }

    private CharSet classItem() {
        if (peek() == '[' || pattern.startsWith("&&", at)) {
            throw error("has '[' or '&&' within a character class, which must be written with a backslash");
        }
        int first = peekCharacter();
        CharSet item = take('\\') ? escape(true) : CharSet.range(first, takeCharacter());
        boolean isRange = peek() == '-' && at + 1 < pattern.length() && pattern.charAt(at + 1) != ']';
        if (!isRange) {
            return item;
        }
        at++;
        int last = peekCharacter();
        CharSet end = take('\\') ? escape(true) : CharSet.range(last, takeCharacter());
        if (!item.isSingle() || !end.isSingle() || item.least() > end.least()) {
            throw error("has a range in a character class that is not one from a lower to a higher character");
        }
        return CharSet.range(item.least(), end.least());
    }

    private CharSet escape(boolean isInClass) {
        if (at >= pattern.length()) {
            throw error("ends with a backslash");
        }
        int next = takeCharacter();
        return switch (next) {
            case 'd' -> RegexClasses.DIGIT;
            case 'D' -> RegexClasses.DIGIT.complement();
            case 'w' -> RegexClasses.WORD;
            case 'W' -> RegexClasses.WORD.complement();
            case 's' -> RegexClasses.SPACE;
            case 'S' -> RegexClasses.ANY_SPACE.complement();
            case 't' -> CharSet.of("\t");
            case 'n' -> CharSet.of("\n");
            case 'r' -> CharSet.of("\r");
            case 'f' -> CharSet.of("\f");
            case 'v' -> CharSet.of("\u000b");
            case 'x' -> character(2);
            case 'u' -> character(4);
            case 'p', 'P' -> property(next == 'P');
            default -> {
                boolean isPunctuation = next < 128 && !Character.isLetterOrDigit(next);
                if (!isPunctuation) {
                    String place = isInClass ? " within a character class" : "";
                    throw error("has \\" + Character.toString(next) + place + ", which is not supported");
                }
                yield CharSet.range(next, next);
            }
        };
    }

    private CharSet character(int digits) {
        int value = peek() == '{' ? bracedNumber() : number(digits);
        if (Character.isBmpCodePoint(value) && Character.isHighSurrogate((char) value)) {
            if (!pattern.startsWith("\\u", at)) {
                throw error("has half a surrogate pair");
            }
            at += 2;
            int low = number(4);
            if (!Character.isLowSurrogate((char) low)) {
                throw error("has half a surrogate pair");
            }
            value = Character.toCodePoint((char) value, (char) low);
        }
        if (!Character.isValidCodePoint(value) || CharSet.range(value, value).isEmpty()) {
            throw error("names a character that does not exist");
        }
        return CharSet.range(value, value);
    }

    private int bracedNumber() {
        int end = pattern.indexOf('}', at);
        int digits = end - at - 1;
        if (digits < 1 || digits > 6) {
            throw error("names a character that does not exist");
        }
        at++;
        int value = number(digits);
        at++;
        return value;
    }

    private int number(int digits) {
        if (at + digits > pattern.length()
                || !pattern.substring(at, at + digits).matches("[0-9A-Fa-f]+")) {
            throw error("names a character by something else than " + digits + " hexadecimal digits");
        }
        at += digits;
        return Integer.parseInt(pattern, at - digits, at, 16);
    }

    private CharSet property(boolean isNegated) {
        int end = pattern.indexOf('}', at);
        String name = peek() == '{' && end > 0 ? pattern.substring(at + 1, end) : pattern.substring(at, at);
        CharSet set = RegexClasses.category(name)
                .orElseThrow(() -> error("names a Unicode property that is not a general category"));
        at = end + 1;
        return isNegated ? set.complement() : set;
    }

    private boolean take(char wanted) {
        boolean isNext = peek() == wanted;
        at += isNext ? 1 : 0;
        return isNext;
    }

    /** The next character; NUL at the end, which no syntax consists of. */
    private char peek() {
        return at < pattern.length() ? pattern.charAt(at) : 0;
    }

    private int peekCharacter() {
        return at < pattern.length() ? pattern.codePointAt(at) : 0;
    }

    private int takeCharacter() {
        int character = pattern.codePointAt(at);
        if (CharSet.range(character, character).isEmpty()) {
            throw error("has half a surrogate pair");
        }
        at += Character.charCount(character);
        return character;
    }

    private ConstraintException misplacedAnchor() {
        return error("has an anchor (^ or $) that is not at its beginning or end, which is not supported");
    }

    private ConstraintException error(String problem) {
        String shown = pattern.length() > 60 ? pattern.substring(0, 60) + "…" : pattern;
        return new ConstraintException("The pattern '" + shown + "' " + problem + " (at character " + at + ").");
    }
}
