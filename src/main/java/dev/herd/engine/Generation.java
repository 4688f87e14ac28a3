package dev.herd.engine;

/** A request in flight, as its caller holds it. */
public interface Generation {
    /** Ends the request before the next step; harmless if it has ended. May be called from any thread. */
    void cancel();
}
