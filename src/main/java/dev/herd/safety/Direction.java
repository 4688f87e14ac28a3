package dev.herd.safety;

/** Which way a text goes. */
public enum Direction {
    /** To the model. */
    INPUT,
    /** To the client. */
    OUTPUT
}
