package dev.herd.chat;

import dev.herd.chat.LiteralReader.Status;
import org.jspecify.annotations.Nullable;

/**
 * Calls as a Python list, {@code [name(key="value"), other()]}, from behind the opening bracket. A call is certain within
 * its first string and behind its first value.
 */
final class PythonCalls extends CallShape {
    private enum State {
        NAME_OR_END,
        NAME,
        ARGUMENT_OR_END,
        KEY,
        EQUALS,
        VALUE,
        AFTER_VALUE,
        /** Behind the parenthesis of a call without arguments, which is certain only by what follows. */
        AFTER_EMPTY_CALL,
        AFTER_CALL
    }

    private final StringBuilder word = new StringBuilder();
    private State state = State.NAME_OR_END;
    private @Nullable ToolDefinition tool;
    private LiteralReader value;
    private int position;
    private int callCount;

    PythonCalls(CallSink sink) {
        super(sink);
        this.value = new LiteralReader(arguments(), true);
    }

    @Override
    Verdict accept(char next) {
        boolean isSpace = LiteralReader.isSpace(next);
        return switch (state) {
            case NAME_OR_END -> isSpace ? Verdict.MORE : nameOrEnd(next);
            case NAME -> name(next);
            case ARGUMENT_OR_END -> isSpace ? Verdict.MORE : argumentOrEnd(next);
            case KEY -> key(next);
            case EQUALS -> isSpace ? Verdict.MORE : next == '=' ? beginValue() : Verdict.BROKEN;
            case VALUE -> value(next);
            case AFTER_VALUE -> isSpace ? Verdict.MORE : afterValue(next);
            case AFTER_EMPTY_CALL -> isSpace ? Verdict.MORE : afterEmptyCall(next);
            case AFTER_CALL -> isSpace ? Verdict.MORE : afterCall(next);
        };
    }

    @Override
    void completeArguments() {
        switch (state) {
            case VALUE -> value.close();
            case EQUALS -> arguments().append("null");
            default -> {}
        }
        arguments().append('}');
    }

    private Verdict nameOrEnd(char next) {
        if (next == ']' && callCount > 0) {
            return Verdict.END;
        }
        word.setLength(0);
        state = State.NAME;
        return name(next);
    }

    private Verdict name(char next) {
        if (next != '(') {
            word.append(next);
            return mayBeTool(word) ? Verdict.MORE : Verdict.BROKEN;
        }
        tool = tool(word);
        if (tool == null) {
            return Verdict.BROKEN;
        }
        arguments().setLength(0);
        arguments().append('{');
        position = 0;
        state = State.ARGUMENT_OR_END;
        return Verdict.MORE;
    }

    private Verdict argumentOrEnd(char next) {
        if (next == ')') {
            if (isBegun()) {
                return endCall();
            }
            state = State.AFTER_EMPTY_CALL;
            return Verdict.MORE;
        }
        if (isNameStart(next)) {
            word.setLength(0);
            word.append(next);
            state = State.KEY;
            return Verdict.MORE;
        }
        if (tool == null || position >= tool.parameterNames().size()) {
            return Verdict.BROKEN;
        }
        writeKey(tool.parameterNames().get(position));
        beginValue();
        return value(next);
    }

    private Verdict key(char next) {
        if (isNamePart(next) && word.length() < ToolCallParser.MAX_NAME) {
            word.append(next);
            return Verdict.MORE;
        }
        if (next != '=' && !LiteralReader.isSpace(next)) {
            return Verdict.BROKEN;
        }
        writeKey(word.toString());
        word.setLength(0);
        state = State.EQUALS;
        return next == '=' ? beginValue() : Verdict.MORE;
    }

    private void writeKey(String key) {
        arguments()
                .append(position++ == 0 ? "" : ",")
                .append(TemplateText.json(key))
                .append(':');
    }

    private Verdict beginValue() {
        value = new LiteralReader(arguments(), true);
        state = State.VALUE;
        return Verdict.MORE;
    }

    private Verdict value(char next) {
        Status status = value.accept(next);
        if (status == Status.BROKEN) {
            return Verdict.BROKEN;
        }
        if (!isBegun() && tool != null && (status != Status.MORE || value.isInString())) {
            begin(tool);
        }
        flush();
        return switch (status) {
            case MORE, BROKEN -> Verdict.MORE;
            case DONE -> {
                state = State.AFTER_VALUE;
                yield Verdict.MORE;
            }
            case DONE_BEFORE -> {
                state = State.AFTER_VALUE;
                yield accept(next);
            }
        };
    }

    private Verdict afterValue(char next) {
        if (next == ',') {
            state = State.ARGUMENT_OR_END;
            return Verdict.MORE;
        }
        return next == ')' ? endCall() : Verdict.BROKEN;
    }

    private Verdict endCall() {
        arguments().append('}');
        end();
        callCount++;
        state = State.AFTER_CALL;
        return Verdict.MORE;
    }

    private Verdict afterEmptyCall(char next) {
        if ((next != ',' && next != ']') || tool == null) {
            return Verdict.BROKEN;
        }
        begin(tool);
        endCall();
        return afterCall(next);
    }

    private Verdict afterCall(char next) {
        if (next == ',') {
            state = State.NAME_OR_END;
            return Verdict.MORE;
        }
        return next == ']' ? Verdict.END : Verdict.BROKEN;
    }

    /** Whether a name can begin so, in Python or as a tool's. */
    static boolean isNameStart(char unit) {
        return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || unit == '_';
    }

    private static boolean isNamePart(char unit) {
        return isNameStart(unit) || (unit >= '0' && unit <= '9') || unit == '-' || unit == '.';
    }
}
