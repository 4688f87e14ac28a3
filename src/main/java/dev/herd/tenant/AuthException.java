package dev.herd.tenant;

/** A request does not say acceptably who sent it. */
public final class AuthException extends RuntimeException {
    private final boolean isAmbiguous;

    private AuthException(String message, boolean isAmbiguous) {
        super(message, null, false, false);
        this.isAmbiguous = isAmbiguous;
    }

    /** There are no credentials, or they are not accepted; nothing tells which of the reasons it is. */
    static AuthException refused(String message) {
        return new AuthException(message, false);
    }

    /** There are several. */
    static AuthException ambiguous() {
        return new AuthException(
                "The request has more than one key or token; give one, in the Authorization header.", true);
    }

    /** Whether the request is malformed rather than unauthorised. */
    public boolean isAmbiguous() {
        return isAmbiguous;
    }
}
