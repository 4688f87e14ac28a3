package dev.herd.safety;

/** A picture that a guard may look at. */
public interface GuardImage {
    /** Pixels per row. */
    int width();

    /** Rows. */
    int height();

    /** A name that only the same picture has: what was computed of one is reused for the other. */
    String key();

    /** Red, green and blue of each pixel, a byte each, row by row; not to be changed. */
    byte[] rgb();
}
