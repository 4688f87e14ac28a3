package dev.herd.chat;

import org.jspecify.annotations.Nullable;

/** Hears of calls as a {@link CallShape} reads them: each begins, has arguments in pieces, and ends. */
interface CallSink {
    /** The function that calls of this name mean; null if there is none. */
    @Nullable
    ToolDefinition tool(CharSequence name);

    /** Whether a function's name begins so. */
    boolean mayBeTool(CharSequence beginning);

    void begin(String name);

    /** More JSON text of the arguments. */
    void arguments(CharSequence json);

    void end();
}
