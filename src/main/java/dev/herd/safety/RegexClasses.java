package dev.herd.safety;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The sets of code points that regular expressions name. */
final class RegexClasses {
    private RegexClasses() {}

    /** The set that a backslash and a letter name; null if it is none. */
    static @Nullable IntPredicate named(int letter) {
        return switch (letter) {
            case 'd' -> Character::isDigit;
            case 'D' -> codePoint -> !Character.isDigit(codePoint);
            case 'w' -> Folding::isWord;
            case 'W' -> codePoint -> !Folding.isWord(codePoint);
            case 's' -> RegexClasses::isSpace;
            case 'S' -> codePoint -> !isSpace(codePoint);
            default -> null;
        };
    }

    /** The set that a property names; null if there is no such property. */
    static @Nullable IntPredicate property(String name) {
        return switch (name) {
            case "L" -> Character::isLetter;
            case "Lu" -> Character::isUpperCase;
            case "Ll" -> Character::isLowerCase;
            case "N", "Nd" -> Character::isDigit;
            case "P" -> RegexClasses::isPunctuation;
            case "S" -> RegexClasses::isSymbol;
            case "M" ->
                codePoint -> isType(codePoint, Character.NON_SPACING_MARK, Character.ENCLOSING_MARK)
                        || Character.getType(codePoint) == Character.COMBINING_SPACING_MARK;
            case "Z" -> Character::isSpaceChar;
            default -> script(name);
        };
    }

    private static @Nullable IntPredicate script(String name) {
        if (!name.startsWith("Is")) {
            return null;
        }
        try {
            Character.UnicodeScript script = Character.UnicodeScript.forName(name.substring(2));
            return codePoint -> Character.UnicodeScript.of(codePoint) == script;
        } catch (IllegalArgumentException unknown) {
            return null;
        }
    }

    private static boolean isSpace(int codePoint) {
        return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
    }

    private static boolean isPunctuation(int codePoint) {
        return isType(codePoint, Character.DASH_PUNCTUATION, Character.OTHER_PUNCTUATION)
                || isType(codePoint, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION);
    }

    private static boolean isSymbol(int codePoint) {
        return isType(codePoint, Character.MATH_SYMBOL, Character.OTHER_SYMBOL);
    }

    private static boolean isType(int codePoint, int first, int last) {
        int type = Character.getType(codePoint);
        return type >= first && type <= last;
    }
}
