package dev.herd.chat;

import java.util.Locale;

/**
 * Reads one value written as a JSON value or a Python literal, character by character, and writes it as compact JSON.
 * Python's tuples become arrays, its keys become strings; what JSON has no word for (sets, bytes, complex numbers,
 * names) is no value. Nesting is bounded by {@value #MAX_DEPTH}.
 */
final class LiteralReader {
    /* What is written is at any time the beginning of valid JSON, and close() completes it: a comma is written only with
     * the element after it, a number or word only when it is complete. */
    static final int MAX_DEPTH = 64;
    private static final int MAX_WORD = 512;

    /** What a character has led to. */
    enum Status {
        /** The value goes on. */
        MORE,
        /** The value ended with this character. */
        DONE,
        /** The value ended before this character, which is not part of it. */
        DONE_BEFORE,
        /** This is no value. */
        BROKEN
    }

    private enum State {
        VALUE,
        VALUE_OR_END,
        KEY_OR_END,
        COLON,
        AFTER_VALUE,
        STRING,
        WORD
    }

    private final StringBuilder out;
    private final StringLiteral string;
    private final StringBuilder word = new StringBuilder();
    private final StringBuilder closers = new StringBuilder();
    private State state = State.VALUE;
    private boolean isKey;
    private boolean needsComma;

    /** A reader of one value that appends to {@code out}; {@code isPython} decides what a backslash means. */
    LiteralReader(StringBuilder out, boolean isPython) {
        this.out = out;
        this.string = new StringLiteral(out, isPython);
    }

    /** Takes the next character; not called again after anything but MORE. */
    Status accept(char next) {
        return switch (state) {
            case VALUE -> isSpace(next) ? Status.MORE : begin(next);
            case VALUE_OR_END -> isSpace(next) ? Status.MORE : next == closer() ? closeContainer() : begin(next);
            case KEY_OR_END -> isSpace(next) ? Status.MORE : next == '}' ? closeContainer() : beginKey(next);
            case COLON -> isSpace(next) ? Status.MORE : next == ':' ? go(State.VALUE) : Status.BROKEN;
            case AFTER_VALUE -> isSpace(next) ? Status.MORE : separator(next);
            case STRING -> continueString(next);
            case WORD -> continueWord(next);
        };
    }

    /** Whether the value has come to a string that has not ended. */
    boolean isInString() {
        return state == State.STRING;
    }

    /** Completes what is written to valid JSON when nothing more comes. */
    void close() {
        switch (state) {
            case VALUE -> out.append("null");
            case STRING -> {
                string.close();
                out.append(isKey ? ":null" : "");
            }
            case WORD -> {
                String json = scalar(word.toString());
                if (isKey) {
                    out.append('"').append(json.isEmpty() ? "" : json).append("\":null");
                } else {
                    out.append(json.isEmpty() ? "null" : json);
                }
            }
            case COLON -> out.append(":null");
            case VALUE_OR_END, KEY_OR_END, AFTER_VALUE -> {}
        }
        for (int depth = closers.length() - 1; depth >= 0; depth--) {
            out.append(closers.charAt(depth) == '}' ? '}' : ']');
        }
    }

    private Status begin(char next) {
        return switch (next) {
            case '{' -> open('{', '}', State.KEY_OR_END);
            case '[' -> open('[', ']', State.VALUE_OR_END);
            case '(' -> open('[', ')', State.VALUE_OR_END);
            default -> beginScalar(next);
        };
    }

    private Status beginKey(char next) {
        Status status = beginScalar(next);
        isKey = status == Status.MORE;
        return status;
    }

    private Status beginScalar(char next) {
        if (next == '"' || next == '\'') {
            comma();
            string.open(next);
            return go(State.STRING);
        }
        if (!isWordPart(next)) {
            return Status.BROKEN;
        }
        comma();
        word.setLength(0);
        word.append(next);
        return go(State.WORD);
    }

    private Status open(char opener, char closer, State inside) {
        if (closers.length() == MAX_DEPTH) {
            return Status.BROKEN;
        }
        comma();
        out.append(opener);
        closers.append(closer);
        needsComma = false;
        return go(inside);
    }

    private Status closeContainer() {
        out.append(closer() == '}' ? '}' : ']');
        closers.setLength(closers.length() - 1);
        return afterValue() == Status.DONE_BEFORE ? Status.DONE : Status.MORE;
    }

    private Status continueString(char next) {
        return switch (string.accept(next)) {
            case MORE -> Status.MORE;
            case DONE_BEFORE -> afterScalar(next);
            case DONE, BROKEN -> Status.BROKEN;
        };
    }

    private Status continueWord(char next) {
        if (isWordPart(next)) {
            word.append(next);
            return word.length() > MAX_WORD ? Status.BROKEN : Status.MORE;
        }
        String json = scalar(word.toString());
        if (json.isEmpty()) {
            return Status.BROKEN;
        }
        out.append(isKey ? "\"" + json + "\"" : json);
        return afterScalar(next);
    }

    /** Handles the first character behind a string or word. */
    private Status afterScalar(char next) {
        if (isKey) {
            isKey = false;
            state = State.COLON;
            return accept(next);
        }
        return afterValue() == Status.DONE_BEFORE ? Status.DONE_BEFORE : accept(next);
    }

    private Status afterValue() {
        needsComma = true;
        state = State.AFTER_VALUE;
        return closers.isEmpty() ? Status.DONE_BEFORE : Status.MORE;
    }

    private Status separator(char next) {
        if (next == closer()) {
            return closeContainer();
        }
        return next == ',' ? go(closer() == '}' ? State.KEY_OR_END : State.VALUE_OR_END) : Status.BROKEN;
    }

    private Status go(State next) {
        if (state == State.COLON) {
            out.append(':');
            needsComma = false;
        }
        state = next;
        return Status.MORE;
    }

    private void comma() {
        if (needsComma) {
            out.append(',');
            needsComma = false;
        }
    }

    private char closer() {
        return closers.isEmpty() ? 0 : closers.charAt(closers.length() - 1);
    }

    private static boolean isWordPart(char unit) {
        return (unit >= '0' && unit <= '9')
                || (unit >= 'a' && unit <= 'z')
                || (unit >= 'A' && unit <= 'Z')
                || unit == '_'
                || unit == '.'
                || unit == '+'
                || unit == '-';
    }

    /** What all of these languages take for white space between tokens. */
    static boolean isSpace(char unit) {
        return unit == ' ' || unit == '\n' || unit == '\t' || unit == '\r';
    }

    /** The word as JSON; empty if it is neither a constant nor a number. */
    private static String scalar(String word) {
        return switch (word) {
            case "true", "True" -> "true";
            case "false", "False" -> "false";
            case "null", "None" -> "null";
            default -> NumberLiteral.json(word.toLowerCase(Locale.ROOT));
        };
    }
}
