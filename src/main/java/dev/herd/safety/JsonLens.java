package dev.herd.safety;

/**
 * Reads JSON that comes code point by code point as what it means: escapes within strings are the characters they stand
 * for. Knows whether a position is inside a string, which is where something can be replaced. For one text.
 */
final class JsonLens {
    private static final int NONE = -1;

    private boolean isString;
    private int stringStart = NONE;
    private int stringEnd = NONE;
    private int escapeStart = NONE;
    private int digits = NONE;
    private int unit;
    private int highUnit = NONE;
    private int highStart;
    private int codePoint;
    private int start;
    private int end;

    /** Takes the next code point; whether a character is complete now. */
    boolean accept(int symbol, int from, int to) {
        end = to;
        if (!isString) {
            if (symbol == '"') {
                isString = true;
                stringStart = to;
            }
            return emit(symbol, from);
        }
        if (digits != NONE) {
            return digit(symbol);
        }
        if (escapeStart != NONE) {
            return escaped(symbol);
        }
        if (symbol == '\\') {
            escapeStart = from;
            return false;
        }
        if (symbol == '"') {
            isString = false;
            stringEnd = from;
        }
        return emit(symbol, from);
    }

    private boolean escaped(int symbol) {
        if (symbol == 'u') {
            digits = 0;
            unit = 0;
            return false;
        }
        int from = escapeStart;
        escapeStart = NONE;
        return emit(
                switch (symbol) {
                    case 'n' -> '\n';
                    case 't' -> '\t';
                    case 'r' -> '\r';
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    default -> symbol;
                },
                from);
    }

    private boolean digit(int symbol) {
        unit = unit * 16 + Math.max(0, Character.digit(symbol, 16));
        if (++digits < 4) {
            return false;
        }
        digits = NONE;
        int from = escapeStart;
        escapeStart = NONE;
        if (Character.isHighSurrogate((char) unit)) {
            highUnit = unit;
            highStart = from;
            return false;
        }
        if (highUnit != NONE && Character.isLowSurrogate((char) unit)) {
            int whole = Character.toCodePoint((char) highUnit, (char) unit);
            highUnit = NONE;
            return emit(whole, highStart);
        }
        return emit(unit, from);
    }

    private boolean emit(int symbol, int from) {
        highUnit = NONE;
        codePoint = symbol;
        start = from;
        return true;
    }

    int codePoint() {
        return codePoint;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    /** Whether all from {@code from} up to the last character lies within one string. */
    boolean isInString(int from) {
        return stringStart != NONE && from >= stringStart && (isString || lastWasWithin());
    }

    /** A match may be told of when the quote behind it has been seen. */
    private boolean lastWasWithin() {
        return stringEnd != NONE && start <= stringEnd;
    }

    /** Where an escape begins that is not complete. */
    int open(int otherwise) {
        int open = escapeStart == NONE ? otherwise : Math.min(otherwise, escapeStart);
        return highUnit == NONE ? open : Math.min(open, highStart);
    }
}
