package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectWriter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The body of a streamed answer, before any of it exists. */
record StreamBody(Answer answer, SinkMaker sinks) {
    /** Says in which form the answer is streamed. */
    interface SinkMaker {
        /**
         * The sink that writes events to {@code stream} and ends by calling {@code onEnd} with null, or with the error
         * that is still to be sent as an ordinary answer.
         */
        AnswerSink open(ObjectWriter json, EventStream stream, Consumer<@Nullable Throwable> onEnd);
    }
}
