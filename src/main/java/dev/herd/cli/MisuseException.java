package dev.herd.cli;

/** A command line that says nothing sensible. The message is one sentence for the user. */
final class MisuseException extends RuntimeException {
    MisuseException(String message) {
        super(message);
    }
}
