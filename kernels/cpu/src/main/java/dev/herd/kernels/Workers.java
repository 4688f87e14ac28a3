package dev.herd.kernels;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool of platform threads that compute ranges together. The thread that calls {@link #run} takes part as
 * worker 0 and returns when all ranges are done; only one thread may call at a time.
 */
public final class Workers implements AutoCloseable {
    /* Waiting: a worker spins for some tens of microseconds, since the next operation of a layer follows at once, and
     * then parks, since between requests there is nothing to do and another program may want the core. The generation
     * counter publishes the task: fields are written before it is raised and read after it is seen. */
    private static final int SPINS = 2_000;

    private final Thread[] threads;
    private final AtomicInteger generation = new AtomicInteger();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private @Nullable RangeTask task;
    private int size;
    private volatile boolean isClosed;
    private volatile @Nullable Thread caller;

    /** A pool of {@code threads} workers, the calling thread included. */
    public Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        this.threads = new Thread[threads - 1];
        for (int i = 0; i < this.threads.length; i++) {
            int worker = i + 1;
            this.threads[i] =
                    Thread.ofPlatform().name("herd-worker-" + worker).daemon().start(() -> work(worker));
        }
    }

    /** Number of workers, the calling thread included. */
    public int count() {
        return threads.length + 1;
    }

    /**
     * Splits {@code [0, size)} into one range per worker and waits until all are done. What the tasks wrote is visible
     * to the caller.
     *
     * @throws IllegalStateException if a range failed, after all have ended; a failure is its cause. Also if the pool is
     *     closed or is running already
     */
    public void run(int size, RangeTask task) {
        if (isClosed) {
            throw new IllegalStateException("the workers are closed");
        }
        if (!isRunning.compareAndSet(false, true)) {
            throw new IllegalStateException("the workers are running another task");
        }
        try {
            failure.set(null);
            if (threads.length == 0 || size <= 1) {
                runPart(task, 0, size, 0);
            } else {
                runTogether(size, task);
            }
            Throwable thrown = failure.get();
            if (thrown != null) {
                throw new IllegalStateException("a worker failed", thrown);
            }
        } finally {
            isRunning.set(false);
        }
    }

    private void runTogether(int size, RangeTask task) {
        this.task = task;
        this.size = size;
        this.caller = Thread.currentThread();
        pending.set(threads.length);
        generation.incrementAndGet();
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        runRange(task, size, 0);
        for (int spins = 0; pending.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void work(int worker) {
        int seen = 0;
        while (true) {
            for (int spins = 0; generation.get() == seen && !isClosed; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (isClosed) {
                return;
            }
            seen = generation.get();
            runRange(task, size, worker);
            if (pending.decrementAndGet() == 0) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void runRange(@Nullable RangeTask current, int total, int worker) {
        int from = (int) ((long) total * worker / count());
        int to = (int) ((long) total * (worker + 1) / count());
        runPart(current, from, to, worker);
    }

    private void runPart(@Nullable RangeTask current, int from, int to, int worker) {
        try {
            if (current != null && from < to) {
                current.run(from, to, worker);
            }
        } catch (Throwable thrown) { // handed to the caller of run, which waits for every worker first
            failure.compareAndSet(null, thrown);
        }
    }

    /** Ends the threads and waits for them. Not to be called while {@link #run} is under way. */
    @Override
    public void close() {
        isClosed = true;
        boolean isInterrupted = false;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        for (Thread thread : threads) {
            isInterrupted |= !joined(thread);
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean joined(Thread thread) {
        try {
            thread.join();
            return true;
        } catch (InterruptedException interrupted) {
            return false;
        }
    }

    /** Work on a range. */
    @FunctionalInterface
    public interface RangeTask {
        /** Computes {@code [from, to)} as worker number {@code worker}. */
        void run(int from, int to, int worker);
    }
}
