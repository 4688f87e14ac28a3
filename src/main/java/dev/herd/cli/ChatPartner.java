package dev.herd.cli;

import java.util.List;
import java.util.function.Consumer;

/** Who answers in {@code herd chat}: a model in this process or a server. */
interface ChatPartner extends AutoCloseable {
    /** Name of the model. */
    String name();

    /**
     * Answers the conversation, whose last turn is the user's.
     *
     * @param onText receives the answer piece by piece, on the calling thread
     * @return the answer, as far as it came if {@link #stop} was called
     * @throws CommandException if there is no answer
     */
    String answer(List<Turn> conversation, Consumer<String> onText);

    /** Ends the current answer, if there is one. May be called from any thread. */
    void stop();

    @Override
    void close();
}
