package dev.herd.chat;

import org.jspecify.annotations.Nullable;

/**
 * One way to write calls, read character by character. Calls are told to a {@link CallSink} as soon as it is certain
 * that they are meant as such.
 */
abstract sealed class CallShape permits PythonCalls, JsonCalls, TaggedCall {
    /** What a character has led to. */
    enum Verdict {
        /** More is to come. */
        MORE,
        /** The text of this shape ended with this character. */
        END,
        /** This character does not belong to the shape. */
        BROKEN
    }

    /** The call that is being written. */
    private final CallSink sink;

    private final StringBuilder arguments = new StringBuilder();
    private boolean isBegun;

    CallShape(CallSink sink) {
        this.sink = sink;
    }

    /** Takes the next character; not called again after anything but MORE. */
    abstract Verdict accept(char next);

    /** Completes the JSON of the arguments that are being written. */
    abstract void completeArguments();

    /** Ends the call that has begun, if one has, with what can be made of its arguments. */
    final void abandon() {
        if (isBegun) {
            completeArguments();
            end();
        }
    }

    /** Where the JSON of the arguments is written; {@link #flush} hands it on. */
    final StringBuilder arguments() {
        return arguments;
    }

    final @Nullable ToolDefinition tool(CharSequence name) {
        return sink.tool(name);
    }

    final boolean mayBeTool(CharSequence beginning) {
        return sink.mayBeTool(beginning);
    }

    final boolean isBegun() {
        return isBegun;
    }

    /** The call is certain. */
    final void begin(ToolDefinition tool) {
        isBegun = true;
        sink.begin(tool.name());
        flush();
    }

    /** Hands on what has been written of a call that has begun. */
    final void flush() {
        if (isBegun && !arguments.isEmpty()) {
            sink.arguments(arguments);
            arguments.setLength(0);
        }
    }

    /** The arguments are complete. */
    final void end() {
        flush();
        isBegun = false;
        sink.end();
    }
}
