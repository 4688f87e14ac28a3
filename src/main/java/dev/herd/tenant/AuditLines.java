package dev.herd.tenant;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads the files of an audit log, one after the other, from a record on. Lines that have no end yet are none. Bytes that are no
 * text count as U+FFFD, so that whoever follows the chain finds the line wrong rather than the log unreadable.
 */
final class AuditLines {
    private final long after;
    private final AuditLog.LineReader reader;
    private boolean isBegun;

    /** Hands {@code reader} what comes behind the record numbered {@code after}; 0 for everything. */
    AuditLines(long after, AuditLog.LineReader reader) {
        this.after = after;
        this.reader = reader;
        this.isBegun = after == 0;
    }

    /** Reads a file, if it is still there; returns whether more is wanted. */
    boolean read(Path file) throws IOException {
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = bytes.read(); next >= 0; next = bytes.read()) {
                if (next != '\n') {
                    line.write(next);
                } else {
                    if (!take(line.toString(StandardCharsets.UTF_8))) {
                        return false;
                    }
                    line.reset();
                }
            }
            return true;
        } catch (NoSuchFileException deleted) {
            return true; // its time was over while we looked
        }
    }

    /** Only what lies before the beginning is left out: a record that was put in later, with any number, is seen. */
    private boolean take(String line) {
        isBegun |= number(line) > after;
        return !isBegun || reader.accept(line);
    }

    /** The number of the first record of a file; 0 if it has none. */
    static long firstNumber(Path file) throws IOException {
        long[] number = {0};
        new AuditLines(0, line -> {
                    long stated = number(line);
                    number[0] = stated == Long.MAX_VALUE ? 0 : stated;
                    return false;
                })
                .read(file);
        return number[0];
    }

    private static long number(String line) {
        int comma = line.indexOf(',');
        return line.startsWith("{\"seq\":")
                        && comma > 7
                        && line.substring(7, comma).matches("\\d{1,18}")
                ? Long.parseLong(line.substring(7, comma))
                : Long.MAX_VALUE;
    }
}
