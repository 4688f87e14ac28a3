package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.management.ManagementFactory;

/** Watches what refusing a hostile file costs. */
final class Allocations {
    private static final long LARGE = 32L << 20;

    private Allocations() {}

    /** The message with which {@code action} refuses a file, after little allocation and in one line. */
    static String refusal(Runnable action) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        Throwable thrown = catchThrowable(action::run);

        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes allocated")
                .isLessThan(LARGE);
        assertThat(thrown).isInstanceOf(CheckpointException.class);
        String message = String.valueOf(thrown.getMessage());
        assertThat(message).doesNotContain("\n").doesNotContain("Exception");
        return message;
    }
}
