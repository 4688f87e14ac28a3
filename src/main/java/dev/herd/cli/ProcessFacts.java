package dev.herd.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/** What the operating system says about this process. */
final class ProcessFacts {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path STAT = Path.of("/proc/self/stat");
    private static final Path UPTIME = Path.of("/proc/uptime");
    /** Place of the start time among the fields after the program's name; see proc(5). */
    private static final int START_FIELD = 19;

    private static final double TICKS_PER_SECOND = 100;

    private ProcessFacts() {}

    /** The most memory that was resident at once, in bytes; empty where the system does not tell. */
    static OptionalLong peakMemoryBytes() {
        if (!Files.isReadable(STATUS)) {
            return OptionalLong.empty();
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /**
     * Time since the process was started, the launcher included that it began as. Linux tells it to a hundredth of a
     * second; elsewhere the JVM's own start stands in.
     */
    static Duration age() {
        try {
            String stat = Files.readString(STAT);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", START_FIELD + 2);
            double uptime = Double.parseDouble(Files.readString(UPTIME).split(" ", 2)[0]);
            double seconds = uptime - Long.parseLong(fields[START_FIELD]) / TICKS_PER_SECOND;
            return Duration.ofMillis(Math.round(seconds * 1000));
        } catch (IOException e) {
            return Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());
        }
    }
}
