package dev.herd.chat;

import dev.herd.chat.LiteralReader.Status;
import org.jspecify.annotations.Nullable;

/** A call as {@code <function=name>{"key": "value"}</function>}, from behind the equals sign. */
final class TaggedCall extends CallShape {
    static final String OPENING = "<function=";
    private static final String CLOSING = "</function>";

    private enum State {
        NAME,
        ARGUMENTS_START,
        ARGUMENTS,
        CLOSING
    }

    private final StringBuilder name = new StringBuilder();
    private final LiteralReader value;
    private State state = State.NAME;
    private @Nullable ToolDefinition tool;
    private int matched;

    TaggedCall(CallSink sink) {
        super(sink);
        this.value = new LiteralReader(arguments(), false);
    }

    @Override
    Verdict accept(char next) {
        return switch (state) {
            case NAME -> name(next);
            case ARGUMENTS_START -> LiteralReader.isSpace(next) ? Verdict.MORE : beginArguments(next);
            case ARGUMENTS -> arguments(next);
            case CLOSING -> LiteralReader.isSpace(next) && matched == 0 ? Verdict.MORE : closing(next);
        };
    }

    @Override
    void completeArguments() {
        value.close();
    }

    private Verdict name(char next) {
        if (next != '>') {
            name.append(next);
            return name.length() > ToolCallParser.MAX_NAME ? Verdict.BROKEN : Verdict.MORE;
        }
        tool = tool(name);
        state = State.ARGUMENTS_START;
        return tool == null ? Verdict.BROKEN : Verdict.MORE;
    }

    private Verdict beginArguments(char next) {
        if (next != '{' || tool == null) {
            return Verdict.BROKEN;
        }
        value.accept(next);
        begin(tool);
        state = State.ARGUMENTS;
        return Verdict.MORE;
    }

    private Verdict arguments(char next) {
        Status status = value.accept(next);
        flush();
        if (status == Status.DONE) {
            end();
            state = State.CLOSING;
        }
        return status == Status.BROKEN ? Verdict.BROKEN : Verdict.MORE;
    }

    private Verdict closing(char next) {
        if (next != CLOSING.charAt(matched)) {
            return Verdict.BROKEN;
        }
        return ++matched == CLOSING.length() ? Verdict.END : Verdict.MORE;
    }
}
