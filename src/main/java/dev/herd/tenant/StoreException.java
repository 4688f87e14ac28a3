package dev.herd.tenant;

/** A store cannot be read or written, or a change was refused. */
public final class StoreException extends RuntimeException {
    private final Reason reason;

    /** For a person who may see what the store is about, without secrets. */
    public StoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The store failed. */
    public StoreException(String message, Throwable cause) {
        super(message, cause);
        this.reason = Reason.UNAVAILABLE;
    }

    /** What went wrong. */
    public Reason reason() {
        return reason;
    }

    /** Kinds of failure. */
    public enum Reason {
        /** There is no such thing. */
        NOT_FOUND,
        /** It exists already. */
        EXISTS,
        /** It has changed meanwhile. */
        STALE,
        /** It cannot be changed in the state that it and others are in. */
        CONFLICT,
        /** What is asked for makes no sense. */
        INVALID,
        /** The store itself has failed. */
        UNAVAILABLE
    }
}
