package dev.herd.safety;

/** A picture that a guard may look at; decoded when its pixels are asked for. */
public interface GuardImage {
    /** Pixels per row. */
    int width();

    /** Rows. */
    int height();

    /** Red, green and blue of each pixel, a byte each, row by row; not to be changed. */
    byte[] rgb();
}
