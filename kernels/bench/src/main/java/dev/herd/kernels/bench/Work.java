package dev.herd.kernels.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What an invocation has moved and computed. JMH divides by nanoseconds, which makes bytes GB/s. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Work {
    /** Bytes so far. */
    public long gigabytesPerSecond;

    /** Floating-point operations so far. */
    public long gigaflopsPerSecond;

    void add(long bytes, long operations) {
        gigabytesPerSecond += bytes;
        gigaflopsPerSecond += operations;
    }
}
