package dev.herd.chat;

import dev.herd.chat.LiteralReader.Status;

/**
 * Reads a string as Python or JSON writes it (either quote, threefold quotes, strings that follow each other) and writes
 * it as a JSON string. Line breaks within simple quotes are taken as they are, an unknown escape keeps its backslash.
 */
final class StringLiteral {
    private enum State {
        /** Behind the first quote: an empty string, a threefold quote, or content. */
        OPENED,
        /** Behind two quotes at the beginning. */
        OPENED_TWICE,
        CONTENT,
        BACKSLASH,
        /** Digits of an escape. */
        DIGITS,
        /** Behind the closing quote; another string may follow. */
        CLOSED
    }

    private final StringBuilder out;
    private final boolean isPython;
    private final StringBuilder digits = new StringBuilder();
    private State state = State.CLOSED;
    private char quote;
    private boolean isTriple;
    private int quotes;
    private char escape;

    StringLiteral(StringBuilder out, boolean isPython) {
        this.out = out;
        this.isPython = isPython;
    }

    /** Begins with this quote. */
    void open(char with) {
        out.append('"');
        reopen(with);
    }

    /** Takes the next character; DONE_BEFORE at the first that belongs to no string any more, other than white space. */
    Status accept(char next) {
        switch (state) {
            case OPENED -> opened(next);
            case OPENED_TWICE -> {
                if (next != quote) {
                    state = State.CLOSED;
                    return accept(next);
                }
                isTriple = true;
                state = State.CONTENT;
            }
            case CONTENT -> content(next);
            case BACKSLASH -> escape(next);
            case DIGITS -> digit(next);
            case CLOSED -> {
                if (LiteralReader.isSpace(next)) {
                    return Status.MORE;
                }
                if (!isPython || (next != '"' && next != '\'')) {
                    out.append('"');
                    return Status.DONE_BEFORE;
                }
                reopen(next);
            }
        }
        return Status.MORE;
    }

    /** Completes the string when nothing more comes; half an escape is left out. */
    void close() {
        out.append('"');
    }

    private void reopen(char with) {
        quote = with;
        isTriple = false;
        quotes = 0;
        state = State.OPENED;
    }

    private void opened(char next) {
        if (next == quote) {
            state = State.OPENED_TWICE;
        } else {
            state = State.CONTENT;
            content(next);
        }
    }

    private void content(char next) {
        if (next == quote) {
            quotes++;
            if (!isTriple || quotes == 3) {
                quotes = 0;
                state = State.CLOSED;
            }
            return;
        }
        for (; quotes > 0; quotes--) {
            write(quote);
        }
        if (next == '\\') {
            state = State.BACKSLASH;
        } else {
            write(next);
        }
    }

    private void escape(char next) {
        state = State.CONTENT;
        switch (next) {
            case 'n', 't', 'r', 'b', 'f' -> out.append('\\').append(next);
            case '\\', '"', '\'' -> write(next);
            case 'u' -> beginDigits(next);
            case '/' -> out.append(isPython ? "\\\\/" : "/");
            case 'a' -> writeOr('\u0007', next);
            case 'v' -> writeOr('\u000b', next);
            case '\n' -> {}
            default -> {
                if (isPython && (next == 'x' || next == 'U' || isOctal(next))) {
                    beginDigits(next);
                } else {
                    keep(next);
                }
            }
        }
    }

    private void writeOr(char python, char otherwise) {
        if (isPython) {
            write(python);
        } else {
            keep(otherwise);
        }
    }

    private void keep(char next) {
        out.append("\\\\");
        write(next);
    }

    private void beginDigits(char kind) {
        state = State.DIGITS;
        escape = kind;
        digits.setLength(0);
        if (isOctal(kind)) {
            digits.append(kind);
        }
    }

    private void digit(char next) {
        boolean isOctal = isOctal(escape);
        if (isOctal ? isOctal(next) : Character.digit(next, 16) >= 0 && next < 128) {
            digits.append(next);
            if (digits.length() == wanted()) {
                state = State.CONTENT;
                writeCodePoint(Integer.parseUnsignedInt(digits.toString(), isOctal ? 8 : 16));
            }
            return;
        }
        state = State.CONTENT;
        if (isOctal) {
            writeCodePoint(Integer.parseInt(digits.toString(), 8));
        } else {
            out.append("\\\\").append(escape).append(digits);
        }
        content(next);
    }

    private int wanted() {
        return switch (escape) {
            case 'u' -> 4;
            case 'U' -> 8;
            case 'x' -> 2;
            default -> 3;
        };
    }

    private void writeCodePoint(int codePoint) {
        if (!Character.isValidCodePoint(codePoint)) {
            out.append("\\ufffd");
            return;
        }
        for (char unit : Character.toChars(codePoint)) {
            if (Character.isSurrogate(unit)) {
                out.append("\\u%04x".formatted((int) unit)); // alone it would be no text, in an escape it is JSON
            } else {
                write(unit);
            }
        }
    }

    private void write(char unit) {
        switch (unit) {
            case '"', '\\' -> out.append('\\').append(unit);
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            default -> {
                if (unit < ' ') {
                    out.append("\\u%04x".formatted((int) unit));
                } else {
                    out.append(unit);
                }
            }
        }
    }

    private static boolean isOctal(char unit) {
        return unit >= '0' && unit <= '7';
    }
}
