package uk.ac.manchester.tornado.api.enums;

/** Rows, columns and depth of what a warp multiplies at once on matrix units. */
public enum MMAShape {
    M16N8K16
}
