package dev.herd.safety;

/** A policy is not one that can be enforced. */
public final class PolicyException extends Exception {
    private final String pointer;

    /** What is wrong with the value that {@code pointer} (RFC 6901) points to; empty for the whole. */
    public PolicyException(String pointer, String message) {
        super((pointer.isEmpty() ? "the policy" : pointer) + ": " + message);
        this.pointer = pointer;
    }

    /** JSON pointer of what is wrong. */
    public String pointer() {
        return pointer;
    }
}
