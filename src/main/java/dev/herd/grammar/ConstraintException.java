package dev.herd.grammar;

/**
 * A constraint that cannot be honoured: malformed, contradictory, too large or beyond what is supported. The message is
 * one sentence for whoever wrote it.
 */
public final class ConstraintException extends RuntimeException {
    private final String path;

    /** A constraint that is wrong as a whole. */
    public ConstraintException(String message) {
        this("", message);
    }

    /** A constraint that is wrong at {@code path}, such as {@code properties.name.pattern}. */
    public ConstraintException(String path, String message) {
        super(message, null, false, false);
        this.path = path;
    }

    /** Where in a JSON schema the fault lies, as {@code properties.name.items}; empty for the whole. */
    public String path() {
        return path;
    }

    /** The same fault, seen from outside: its path goes on from {@code outer}. */
    ConstraintException under(String outer) {
        return new ConstraintException(path.isEmpty() ? outer : outer + "." + path, getMessage());
    }
}
