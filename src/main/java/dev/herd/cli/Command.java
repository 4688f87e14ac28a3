package dev.herd.cli;

import java.io.IOException;

/** A command of {@code herd}: first its options are read, then it is run. */
interface Command {
    /** What it accepts. */
    CommandOptions options();

    /** What {@code --help} says beside the options. */
    CommandHelp help();

    /**
     * Does what the options say.
     *
     * @throws CommandException or any other exception if it cannot; {@link Main} words them for the user
     */
    void run() throws IOException;
}
