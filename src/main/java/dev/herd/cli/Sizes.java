package dev.herd.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Sizes {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {}

    /** Bytes with a binary unit, for example {@code 1.125 GiB}. */
    static String text(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, value < 10 ? "%.2f %s" : "%.1f %s", value, UNITS[unit]);
    }

    /** A count with thousands separated, and in millions or billions if it has them. */
    static String count(long value) {
        String digits = String.format(Locale.ROOT, "%,d", value);
        if (value >= 1_000_000_000L) {
            return digits + String.format(Locale.ROOT, " (%.2f B)", value / 1e9);
        }
        return value >= 1_000_000 ? digits + String.format(Locale.ROOT, " (%.1f M)", value / 1e6) : digits;
    }
}
