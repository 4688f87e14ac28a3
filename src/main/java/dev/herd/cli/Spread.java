package dev.herd.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/** Median, smallest and largest of several measurements. */
record Spread(double median, double min, double max) {
    /** Of at least one value. */
    static Spread of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    void write(JsonGenerator json, String field) throws IOException {
        json.writeObjectFieldStart(field);
        json.writeNumberField("median", rounded(median));
        json.writeNumberField("min", rounded(min));
        json.writeNumberField("max", rounded(max));
        json.writeEndObject();
    }

    /** {@code median (min to max)} with this many decimals. */
    String text(int decimals) {
        String format = "%." + decimals + "f";
        return String.format(Locale.ROOT, format + " (" + format + " to " + format + ")", median, min, max);
    }

    private static double rounded(double value) {
        return Math.round(value * 1e4) / 1e4;
    }
}
