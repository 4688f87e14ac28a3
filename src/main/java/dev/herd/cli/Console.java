package dev.herd.cli;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * What a command reads from and writes to, in UTF-8 whatever the locale.
 *
 * @param out results
 * @param err errors, and progress if it is a terminal
 * @param terminals which of {@code in}, {@code out} and {@code err} are terminals
 */
record Console(BufferedReader in, PrintStream out, PrintStream err, Set<String> terminals) {
    /** System property in which the launcher says which streams are terminals; Java can not ask for stderr. */
    private static final String TERMINALS = "herd.terminals";

    private static final int OUT_BUFFER = 1 << 16;

    Console {
        terminals = Set.copyOf(terminals);
    }

    /** The process' own streams. Output is buffered: whoever prints for a reader who waits must flush. */
    static Console ofProcess() {
        return new Console(
                new BufferedReader(
                        new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8)),
                new PrintStream(
                        new java.io.BufferedOutputStream(new FileOutputStream(FileDescriptor.out), OUT_BUFFER),
                        false,
                        StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                Set.copyOf(List.of(System.getProperty(TERMINALS, "").split(",", -1))));
    }

    /** Whether somebody types the input and reads the answers. */
    boolean isInteractive() {
        return terminals.contains("in") && terminals.contains("out");
    }

    /** A line of progress, shown only if stderr is a terminal. */
    Progress progress() {
        return new Progress(err, terminals.contains("err"));
    }
}
