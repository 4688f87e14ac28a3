package dev.herd.engine;

import java.time.Duration;

/** The engine has as many waiting requests as it accepts. */
public final class QueueFullException extends RuntimeException {
    private final Duration retryAfter;

    /** With the time after which a place is likely to be free. */
    public QueueFullException(Duration retryAfter) {
        super("the queue is full; try again in about " + retryAfter.toSeconds() + " s");
        this.retryAfter = retryAfter;
    }

    /** When to try again, estimated from the rate at which requests finish. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
