package dev.herd.engine;

/** A request in flight, as its caller holds it. */
public interface Generation {
    /** Ends the request before the next step; harmless if it has ended. May be called from any thread. */
    void cancel();

    /**
     * Keeps the request from being computed for a while; it keeps its place and its memory. For callers that cannot take
     * more of the answer in yet. May be called from any thread.
     */
    void pause();

    /** Lets a request that was paused go on; harmless if it was not. May be called from any thread. */
    void resume();
}
