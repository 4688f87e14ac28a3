package dev.herd.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The named character classes of patterns. Where ECMAScript, RE2 and Java differ, a class holds what it holds in all of
 * them, so that a text is valid whoever checks it.
 */
final class RegexClasses {
    static final CharSet DIGIT = CharSet.range('0', '9');
    static final CharSet WORD =
            DIGIT.union(CharSet.range('A', 'Z')).union(CharSet.range('a', 'z')).union(CharSet.of("_"));
    static final CharSet SPACE = CharSet.of(" \t\n\u000b\r\f");
    /** What is white space to somebody. */
    static final CharSet ANY_SPACE = SPACE.union(CharSet.matching(
            character -> Character.isSpaceChar(character) || Character.isWhitespace(character) || character == 0xfeff));

    /** All but line ends. */
    static final CharSet DOT = CharSet.of("\n\r\u0085\u2028\u2029").complement();

    private static final Map<String, Byte> CATEGORIES = Map.ofEntries(
            category("Lu", Character.UPPERCASE_LETTER),
            category("Ll", Character.LOWERCASE_LETTER),
            category("Lt", Character.TITLECASE_LETTER),
            category("Lm", Character.MODIFIER_LETTER),
            category("Lo", Character.OTHER_LETTER),
            category("Mn", Character.NON_SPACING_MARK),
            category("Mc", Character.COMBINING_SPACING_MARK),
            category("Me", Character.ENCLOSING_MARK),
            category("Nd", Character.DECIMAL_DIGIT_NUMBER),
            category("Nl", Character.LETTER_NUMBER),
            category("No", Character.OTHER_NUMBER),
            category("Pc", Character.CONNECTOR_PUNCTUATION),
            category("Pd", Character.DASH_PUNCTUATION),
            category("Ps", Character.START_PUNCTUATION),
            category("Pe", Character.END_PUNCTUATION),
            category("Pi", Character.INITIAL_QUOTE_PUNCTUATION),
            category("Pf", Character.FINAL_QUOTE_PUNCTUATION),
            category("Po", Character.OTHER_PUNCTUATION),
            category("Sm", Character.MATH_SYMBOL),
            category("Sc", Character.CURRENCY_SYMBOL),
            category("Sk", Character.MODIFIER_SYMBOL),
            category("So", Character.OTHER_SYMBOL),
            category("Zs", Character.SPACE_SEPARATOR),
            category("Zl", Character.LINE_SEPARATOR),
            category("Zp", Character.PARAGRAPH_SEPARATOR));

    private static final Map<String, CharSet> KNOWN = new ConcurrentHashMap<>();

    private RegexClasses() {}

    private static Map.Entry<String, Byte> category(String name, byte type) {
        return Map.entry(name, type);
    }

    /** The characters of a general category, {@code Lu} for example, or of a group of them, {@code L} for example. */
    static Optional<CharSet> category(String name) {
        long types = CATEGORIES.entrySet().stream()
                .filter(category -> !name.isEmpty() && category.getKey().startsWith(name))
                .mapToLong(category -> 1L << category.getValue())
                .reduce(0, (left, right) -> left | right);
        if (types == 0) {
            return Optional.empty();
        }
        return Optional.of(KNOWN.computeIfAbsent(
                name, wanted -> CharSet.matching(character -> (types >>> Character.getType(character) & 1) != 0)));
    }
}
