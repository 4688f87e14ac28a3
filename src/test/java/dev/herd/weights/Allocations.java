package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Watches what reading a hostile or a huge file costs. */
final class Allocations {
    private static final long LARGE = 32L << 20;

    private Allocations() {}

    /** The message with which {@code action} refuses a file, after little allocation and in one line. */
    static String refusal(Runnable action) {
        long before = allocated();

        Throwable thrown = catchThrowable(action::run);

        assertThat(allocated() - before).as("bytes allocated").isLessThan(LARGE);
        assertThat(thrown).isInstanceOf(CheckpointException.class);
        String message = String.valueOf(thrown.getMessage());
        assertThat(message).doesNotContain("\n").doesNotContain("Exception");
        return message;
    }

    /** Asserts that {@code action} allocates little on the heap. */
    static void assertSmall(Runnable action) {
        long before = allocated();

        action.run();

        assertThat(allocated() - before).as("bytes allocated").isLessThan(LARGE);
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
