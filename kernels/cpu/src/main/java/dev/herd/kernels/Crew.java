package dev.herd.kernels;

import java.util.concurrent.TimeUnit;

/**
 * How many workers of a pool take part. Where another program keeps a core busy, the worker that shares it holds a range
 * for a whole time slice of the operating system, some milliseconds, while all others wait for it: in small products, again
 * and again. So a pool that had to wait like that goes on with one thread fewer, and takes those that it left out back after
 * a while, which is short at first and longer each time that it has to wait again. Used by the thread that runs the tasks.
 */
final class Crew {
    /** Waiting shorter than this may be a range that takes its time; a time slice is longer. */
    private static final long HELD_UP = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long SHORTEST_REST = TimeUnit.MILLISECONDS.toNanos(16);
    private static final long LONGEST_REST = TimeUnit.MILLISECONDS.toNanos(512);

    private final int all;
    private int size;
    private long rest = SHORTEST_REST;
    private long changed;

    Crew(int all) {
        this.all = all;
        size = all;
    }

    /** Number of workers that take part in what starts at {@code now}, the calling thread included. */
    int size(long now) {
        if (now - changed >= rest) {
            if (size == all) {
                rest = SHORTEST_REST;
            } else {
                size += (all - size + 1) / 2;
                changed = now;
            }
        }
        return size;
    }

    /**
     * The caller has computed {@code ranges} ranges from {@code start} on, waited from {@code waited} until {@code now}, all in
     * nanoseconds. A wait of the length of one range is what remains where they do not come out even.
     */
    void hasWaited(int ranges, long start, long waited, long now) {
        long wait = now - waited;
        if (size > 1 && ranges > 0 && wait > HELD_UP && wait > 2 * (waited - start) / ranges) {
            size--;
            changed = now;
            rest = Math.min(2 * rest, LONGEST_REST);
        }
    }
}
