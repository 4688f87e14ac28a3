package dev.herd.safety;

import dev.herd.safety.Regex.Condition;
import dev.herd.safety.Regex.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads regular expressions in the notation that everybody knows, without what cannot be matched in linear time:
 * references to groups, and looking around. {@code \<} and {@code \>} are the ends of a number or name.
 */
final class RegexReader {
    /** Steps of all expressions of a policy together. */
    static final int MOST_STEPS = 20_000;

    private static final int MOST_STEPS_OF_ONE = 4_000;
    private static final int MOST_DEPTH = 50;
    private static final int UNBOUNDED = -1;
    private static final int KELVIN = 0x212a; // in lower case a 'k'; no code point beyond has one in ASCII

    private final int[] pattern;
    private final boolean isCaseSensitive;
    private final String pointer;
    private int at;
    private int depth;

    private RegexReader(String pattern, boolean isCaseSensitive, String pointer) {
        this.pattern = pattern.codePoints().toArray();
        this.isCaseSensitive = isCaseSensitive;
        this.pointer = pointer;
    }

    /**
     * The expression that {@code pattern} states.
     *
     * @param pointer where in a policy it stands
     * @throws PolicyException if it is malformed, not supported, too large, or matches the empty text
     */
    static Regex read(String pattern, boolean isCaseSensitive, String pointer) throws PolicyException {
        RegexReader reader = new RegexReader(pattern, isCaseSensitive, pointer);
        List<Step> steps = reader.alternatives();
        if (reader.at < reader.pattern.length) {
            throw reader.wrong("there is a ')' without '('");
        }
        steps.add(new Step.Match());
        Regex regex = new Regex(steps);
        if (regex.matchesEmpty()) {
            throw reader.wrong("the expression matches the empty text");
        }
        return regex;
    }

    /** One of our own expressions, which are right. */
    static Regex known(String pattern, boolean isCaseSensitive) {
        try {
            return read(pattern, isCaseSensitive, "");
        } catch (PolicyException impossible) {
            throw new IllegalArgumentException(pattern, impossible);
        }
    }

    private List<Step> alternatives() throws PolicyException {
        if (++depth > MOST_DEPTH) {
            throw wrong("groups are nested too deeply");
        }
        List<Step> all = sequence();
        while (peek() == '|') {
            at++;
            List<Step> other = sequence();
            List<Step> both = new ArrayList<>();
            both.add(new Step.Fork(1, all.size() + 2));
            both.addAll(shifted(all, 1));
            both.add(new Step.Fork(all.size() + 2 + other.size(), all.size() + 2 + other.size()));
            both.addAll(shifted(other, all.size() + 2));
            all = limited(both);
        }
        depth--;
        return all;
    }

    private List<Step> sequence() throws PolicyException {
        List<Step> all = new ArrayList<>();
        while (at < pattern.length && peek() != '|' && peek() != ')') {
            List<Step> atom = repeated(atom());
            all.addAll(shifted(atom, all.size()));
            limited(all);
        }
        return all;
    }

    private List<Step> repeated(List<Step> atom) throws PolicyException {
        List<Step> all = atom;
        while (true) {
            int[] times = quantifier();
            if (times.length == 0) {
                return all;
            }
            all = repeat(all, times[0], times[1]);
            if (peek() == '?' || peek() == '+') {
                at++; // which of several matches is preferred makes no difference here: all count
            }
        }
    }

    private int[] quantifier() throws PolicyException {
        int symbol = peek();
        if (symbol == '*' || symbol == '+' || symbol == '?') {
            at++;
            return new int[] {symbol == '+' ? 1 : 0, symbol == '?' ? 1 : UNBOUNDED};
        }
        if (symbol != '{') {
            return new int[0];
        }
        at++;
        int least = number();
        int most = least;
        if (peek() == ',') {
            at++;
            most = peek() == '}' ? UNBOUNDED : number();
        }
        expect('}');
        if (most != UNBOUNDED && most < least) {
            throw wrong("the numbers between { and } are in the wrong order");
        }
        return new int[] {least, most};
    }

    private List<Step> repeat(List<Step> atom, int least, int most) throws PolicyException {
        List<Step> all = new ArrayList<>();
        for (int i = 0; i < least; i++) {
            all.addAll(shifted(atom, all.size()));
            limited(all);
        }
        if (most == UNBOUNDED) {
            int start = all.size();
            all.add(new Step.Fork(start + 1, start + atom.size() + 2));
            all.addAll(shifted(atom, start + 1));
            all.add(new Step.Fork(start, start));
            return limited(all);
        }
        int end = all.size() + (most - least) * (atom.size() + 1);
        for (int i = least; i < most; i++) {
            all.add(new Step.Fork(all.size() + 1, end));
            all.addAll(shifted(atom, all.size()));
            limited(all);
        }
        return all;
    }

    private List<Step> atom() throws PolicyException {
        int symbol = pattern[at++];
        return switch (symbol) {
            case '(' -> group();
            case '[' -> bracket();
            case '.' -> take(codePoint -> codePoint != '\n');
            case '^' -> require(Condition.LINE_START);
            case '$' -> require(Condition.LINE_END);
            case '\\' -> escaped();
            case '*', '+', '?', '{' -> throw wrong("there is nothing to repeat before '" + (char) symbol + "'");
            default -> literal(symbol);
        };
    }

    private List<Step> group() throws PolicyException {
        if (peek() == '?') {
            at++;
            if (peek() != ':') {
                throw wrong("of groups that begin with '(?' only '(?:' is supported");
            }
            at++;
        }
        List<Step> inner = alternatives();
        expect(')');
        return inner;
    }

    private List<Step> escaped() throws PolicyException {
        int symbol = next();
        Condition condition = switch (symbol) {
            case 'b' -> Condition.WORD_EDGE;
            case 'B' -> Condition.NO_WORD_EDGE;
            case '<' -> Condition.TOKEN_START;
            case '>' -> Condition.TOKEN_END;
            default -> null;
        };
        if (condition != null) {
            return require(condition);
        }
        IntPredicate named = RegexClasses.named(symbol);
        if (named != null) {
            return take(named);
        }
        return symbol == 'p' || symbol == 'P' ? take(property(symbol == 'P')) : literal(character(symbol));
    }

    private List<Step> bracket() throws PolicyException {
        boolean isNegated = peek() == '^';
        at += isNegated ? 1 : 0;
        IntPredicate all = codePoint -> false;
        int largest = isNegated ? Character.MAX_CODE_POINT : 0;
        boolean isFirst = true;
        while (isFirst || peek() != ']') {
            isFirst = false;
            int from = next();
            IntPredicate named = null;
            if (from == '\\') {
                int symbol = next();
                named = symbol == 'p' || symbol == 'P' ? property(symbol == 'P') : RegexClasses.named(symbol);
                from = named == null ? character(symbol) : from;
            }
            int to = named == null ? rangeEnd(from) : from;
            all = all.or(named != null ? named : to == from ? cased(from) : range(from, to));
            largest = Math.max(largest, named != null ? Character.MAX_CODE_POINT : largest(to));
        }
        at++;
        return take(isNegated ? all.negate() : all, largest);
    }

    private int rangeEnd(int from) throws PolicyException {
        if (peek() != '-' || at + 1 >= pattern.length || pattern[at + 1] == ']') {
            return from;
        }
        at++;
        int to = next();
        to = to == '\\' ? character(next()) : to;
        if (to < from) {
            throw wrong("a range between [ and ] is in the wrong order");
        }
        return to;
    }

    private IntPredicate range(int from, int to) {
        IntPredicate range = codePoint -> codePoint >= from && codePoint <= to;
        return isCaseSensitive
                ? range
                : range.or(codePoint ->
                        range.test(Character.toLowerCase(codePoint)) || range.test(Character.toUpperCase(codePoint)));
    }

    /** The largest code point that is a symbol or one before it, case aside. */
    private int largest(int symbol) {
        if (isCaseSensitive) {
            return symbol;
        }
        return symbol < 128 ? KELVIN : Character.MAX_CODE_POINT;
    }

    private IntPredicate cased(int symbol) {
        if (isCaseSensitive) {
            return codePoint -> codePoint == symbol;
        }
        int lower = Folding.lower(symbol);
        return codePoint -> Folding.lower(codePoint) == lower;
    }

    private IntPredicate property(boolean isNegated) throws PolicyException {
        StringBuilder name = new StringBuilder();
        if (peek() == '{') {
            at++;
            while (peek() != '}') {
                name.appendCodePoint(next());
            }
            at++;
        } else {
            name.appendCodePoint(next());
        }
        IntPredicate property = RegexClasses.property(name.toString());
        if (property == null) {
            throw wrong("there is no property '" + name + "'");
        }
        return isNegated ? property.negate() : property;
    }

    /** Literals are folded as the text is that they are compared with. */
    private List<Step> literal(int symbol) {
        List<Step> steps = new ArrayList<>();
        if (symbol < 128) {
            steps.add(new Step.Take(new CodePoints(cased(symbol), largest(symbol))));
        } else {
            for (int folded : Folding.of(symbol)) {
                steps.add(new Step.Take(new CodePoints(cased(folded), largest(folded))));
            }
        }
        return steps;
    }

    private int character(int symbol) throws PolicyException {
        return switch (symbol) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            default -> {
                if (Folding.isWord(symbol)) {
                    throw wrong("'\\" + Character.toString(symbol) + "' is not supported");
                }
                yield symbol;
            }
        };
    }

    private int hex(int digits) throws PolicyException {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw wrong("a hexadecimal digit is missing");
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private int number() throws PolicyException {
        int value = 0;
        int first = at;
        while (peek() >= '0' && peek() <= '9' && at - first < 4) {
            value = value * 10 + (pattern[at++] - '0');
        }
        if (at == first) {
            throw wrong("a number is missing between { and }");
        }
        return value;
    }

    private static List<Step> take(IntPredicate set) {
        return take(set, Character.MAX_CODE_POINT);
    }

    private static List<Step> take(IntPredicate set, int largest) {
        return new ArrayList<>(List.of(new Step.Take(new CodePoints(set, largest))));
    }

    private static List<Step> require(Condition condition) {
        return new ArrayList<>(List.of(new Step.Require(condition)));
    }

    private static List<Step> shifted(List<Step> steps, int by) {
        List<Step> shifted = new ArrayList<>(steps.size());
        for (Step step : steps) {
            shifted.add(step instanceof Step.Fork(int one, int other) ? new Step.Fork(one + by, other + by) : step);
        }
        return shifted;
    }

    private List<Step> limited(List<Step> steps) throws PolicyException {
        if (steps.size() > MOST_STEPS_OF_ONE) {
            throw wrong("the expression is too large");
        }
        return steps;
    }

    private int peek() {
        return at < pattern.length ? pattern[at] : Condition.NONE;
    }

    private int next() throws PolicyException {
        if (at >= pattern.length) {
            throw wrong("the expression breaks off");
        }
        return pattern[at++];
    }

    private void expect(int symbol) throws PolicyException {
        if (peek() != symbol) {
            throw wrong("a '" + (char) symbol + "' is missing");
        }
        at++;
    }

    private PolicyException wrong(String message) {
        return new PolicyException(pointer, message + " (near character " + at + ")");
    }
}
