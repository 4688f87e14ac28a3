package dev.herd.cli;

/** A command that cannot go on. The message is one sentence for the user. */
final class CommandException extends RuntimeException {
    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
