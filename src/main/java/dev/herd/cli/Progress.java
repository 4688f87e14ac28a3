package dev.herd.cli;

import java.io.PrintStream;

/** One line on a terminal that says what is being done and disappears when it is done; nothing elsewhere. */
final class Progress {
    private static final long REDRAW_NANOS = 100_000_000;
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream err;
    private final boolean isShown;
    private long lastDrawn = System.nanoTime() - REDRAW_NANOS;

    Progress(PrintStream err, boolean isShown) {
        this.err = err;
        this.isShown = isShown;
    }

    /** Shows {@code what}, now. */
    void show(String what) {
        if (isShown) {
            err.print(CLEAR_LINE + what);
            err.flush();
            lastDrawn = System.nanoTime();
        }
    }

    /** Shows how far {@code what} is, at most ten times a second. */
    void show(String what, long done, long total) {
        if (isShown && System.nanoTime() - lastDrawn >= REDRAW_NANOS) {
            show(what + " " + done + "/" + total);
        }
    }

    /** Removes the line. */
    void clear() {
        if (isShown) {
            err.print(CLEAR_LINE);
            err.flush();
        }
    }
}
