package dev.herd.chat;

import dev.herd.chat.LiteralReader.Status;
import org.jspecify.annotations.Nullable;

/**
 * Calls as JSON, {@code {"name": "f", "parameters": {…}}} or an array of such objects, from behind the first brace.
 * {@code arguments} is taken for {@code parameters}, {@code type} and {@code id} are passed over; an object with any
 * other member is no call. Arguments that are a string with JSON in it are taken for that JSON.
 */
final class JsonCalls extends CallShape {
    private static final int MAX_KEY = 16;

    private enum State {
        OBJECT,
        KEY_OR_END,
        KEY,
        COLON,
        NAME_START,
        NAME,
        ARGUMENTS_START,
        ARGUMENTS,
        ENCODED_ARGUMENTS,
        PASSED_OVER_START,
        PASSED_OVER,
        AFTER_MEMBER,
        AFTER_OBJECT
    }

    private final boolean isArray;
    private final StringBuilder word = new StringBuilder();
    private State state;
    private @Nullable ToolDefinition tool;
    private LiteralReader value;
    private boolean hasArguments;
    private boolean isReadingArguments;

    /** With {@code isArray}, calls in brackets; the first object's brace has been read in both cases. */
    JsonCalls(CallSink sink, boolean isArray) {
        super(sink);
        this.isArray = isArray;
        this.value = new LiteralReader(arguments(), false);
        this.state = State.KEY_OR_END;
    }

    @Override
    Verdict accept(char next) {
        if (LiteralReader.isSpace(next) && isBetweenTokens()) {
            return Verdict.MORE;
        }
        return switch (state) {
            case OBJECT -> next == '{' ? beginObject() : Verdict.BROKEN;
            case KEY_OR_END -> next == '"' ? beginWord(State.KEY) : Verdict.BROKEN;
            case KEY -> key(next);
            case COLON -> next == ':' ? beginMember() : Verdict.BROKEN;
            case NAME_START -> next == '"' ? beginWord(State.NAME) : Verdict.BROKEN;
            case NAME -> name(next);
            case ARGUMENTS_START -> beginArguments(next);
            case ARGUMENTS, ENCODED_ARGUMENTS, PASSED_OVER -> value(next);
            case PASSED_OVER_START -> next == '"' ? beginValue(next, State.PASSED_OVER, word) : Verdict.BROKEN;
            case AFTER_MEMBER -> afterMember(next);
            case AFTER_OBJECT -> afterObject(next);
        };
    }

    @Override
    void completeArguments() {
        if (isReadingArguments) {
            value.close();
        }
    }

    private boolean isBetweenTokens() {
        return switch (state) {
            case KEY, NAME, ARGUMENTS, ENCODED_ARGUMENTS, PASSED_OVER -> false;
            default -> true;
        };
    }

    private Verdict beginObject() {
        tool = null;
        hasArguments = false;
        arguments().setLength(0);
        return go(State.KEY_OR_END);
    }

    private Verdict beginWord(State next) {
        word.setLength(0);
        return go(next);
    }

    private Verdict key(char next) {
        if (next == '"') {
            return go(State.COLON);
        }
        word.append(next);
        return word.length() > MAX_KEY ? Verdict.BROKEN : Verdict.MORE;
    }

    private Verdict beginMember() {
        return switch (word.toString()) {
            case "name" -> tool == null ? go(State.NAME_START) : Verdict.BROKEN;
            case "parameters", "arguments" -> hasArguments ? Verdict.BROKEN : go(State.ARGUMENTS_START);
            case "type", "id" -> go(State.PASSED_OVER_START);
            default -> Verdict.BROKEN;
        };
    }

    private Verdict name(char next) {
        if (next != '"') {
            word.append(next);
            return word.length() > ToolCallParser.MAX_NAME ? Verdict.BROKEN : Verdict.MORE;
        }
        tool = tool(word);
        if (tool == null) {
            return Verdict.BROKEN;
        }
        if (hasArguments) {
            begin(tool);
            end();
        }
        return go(State.AFTER_MEMBER);
    }

    private Verdict beginArguments(char next) {
        hasArguments = true;
        if (next == '"') {
            return beginValue(next, State.ENCODED_ARGUMENTS, word);
        }
        if (next == 'n' || next == 'N') {
            return beginValue(next, State.PASSED_OVER, word);
        }
        if (next != '{') {
            return Verdict.BROKEN;
        }
        isReadingArguments = true;
        beginValue(next, State.ARGUMENTS, arguments());
        if (tool != null) {
            begin(tool);
        }
        return Verdict.MORE;
    }

    private Verdict beginValue(char next, State as, StringBuilder out) {
        word.setLength(0);
        value = new LiteralReader(out, false);
        value.accept(next);
        return go(as);
    }

    private Verdict value(char next) {
        Status status = value.accept(next);
        flush();
        return switch (status) {
            case MORE -> Verdict.MORE;
            case BROKEN -> Verdict.BROKEN;
            case DONE -> endValue();
            case DONE_BEFORE -> endValue() == Verdict.BROKEN ? Verdict.BROKEN : accept(next);
        };
    }

    private Verdict endValue() {
        boolean isArguments = state == State.ARGUMENTS || (state == State.PASSED_OVER && isNull());
        if (state == State.ENCODED_ARGUMENTS) {
            if (!decode()) {
                return Verdict.BROKEN;
            }
            isArguments = true;
        } else if (isArguments && state == State.PASSED_OVER) {
            arguments().append("{}");
        }
        isReadingArguments = false;
        if (isArguments && tool != null) {
            if (!isBegun()) {
                begin(tool);
            }
            end();
        }
        return go(State.AFTER_MEMBER);
    }

    private boolean isNull() {
        return word.toString().equals("null");
    }

    /** Reads the JSON text that the string in {@code word} has as its content. */
    private boolean decode() {
        LiteralReader content = new LiteralReader(arguments(), false);
        String text = JsonText.string(word.toString()).strip();
        Status status = text.startsWith("{") ? Status.MORE : Status.BROKEN;
        for (int at = 0; at < text.length() && status == Status.MORE; at++) {
            status = content.accept(text.charAt(at));
            if (status == Status.DONE && at < text.length() - 1) {
                status = Status.BROKEN;
            }
        }
        return status == Status.DONE;
    }

    private Verdict afterMember(char next) {
        if (next == ',') {
            return go(State.KEY_OR_END);
        }
        if (next != '}' || tool == null || !hasArguments) {
            return Verdict.BROKEN;
        }
        return isArray ? go(State.AFTER_OBJECT) : Verdict.END;
    }

    private Verdict afterObject(char next) {
        if (next == ',') {
            return go(State.OBJECT);
        }
        return next == ']' ? Verdict.END : Verdict.BROKEN;
    }

    private Verdict go(State next) {
        state = next;
        return Verdict.MORE;
    }
}
