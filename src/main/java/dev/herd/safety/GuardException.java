package dev.herd.safety;

/** A guard gave no usable answer. */
public final class GuardException extends Exception {
    private final Status status;

    /** With a message that contains nothing of the text. */
    public GuardException(Status status, String message) {
        super(message);
        this.status = status;
    }

    /** What went wrong. */
    public Status status() {
        return status;
    }

    /** Kinds of failure. All but the last are treated as the policy's failure mode says. */
    public enum Status {
        /** It took too long. */
        TIMEOUT,
        /** It cannot be reached, is not loaded or has failed. */
        UNAVAILABLE,
        /** It answered, but not in its own terms. */
        UNPARSEABLE,
        /** The text is longer than it reads. */
        TOO_LONG,
        /** It is set up wrongly: no such guard, wrong files, refused credentials. Never failed open. */
        MISCONFIGURED
    }
}
