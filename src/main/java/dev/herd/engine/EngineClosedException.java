package dev.herd.engine;

/** The engine takes no more requests: it is draining, closed, or has failed. */
public final class EngineClosedException extends RuntimeException {
    public EngineClosedException() {
        super("the engine is shutting down and takes no more requests");
    }
}
