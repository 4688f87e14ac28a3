package dev.herd.kernels;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool of platform threads that compute ranges together. The thread that calls {@link #run} takes part as
 * worker 0 and returns when all ranges are done; only one thread may call at a time.
 */
public final class Workers implements AutoCloseable {
    /*
     * A task is cut into a few ranges per worker, which are taken by whoever is free: a thread that the operating system
     * holds up then delays the task by one range at most, and a worker that has not woken up yet delays nothing.
     *
     * `next` holds the number of the task in its upper half and the first element not yet taken in its lower one. While
     * the fields of a task change, that element is one beyond every task, so that nothing can be taken; so who reads
     * `next`, then the fields, and then takes a range by compare-and-set has read the fields of that very task.
     *
     * A pool does with fewer threads while another program holds one up, see Crew. Who is not wanted sleeps.
     *
     * Waiting: a worker spins for some hundred microseconds, since the next operation of a layer follows at once, and
     * then parks, since between requests there is nothing to do and another program may want the core.
     */
    private static final int SPINS = 10_000;

    private static final int RANGES_PER_WORKER = 4;

    /** Ranges start at multiples of this where they are that long, since kernels compute neighbouring rows together. */
    private static final int ALIGNMENT = 32;

    private static final long INDEX_MASK = 0xFFFF_FFFFL;

    private final Worker[] others;
    private final Crew crew;
    private final LongSupplier clock;
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile @Nullable RangeTask task;
    private volatile int size;
    private volatile int rangeSize;
    private volatile int wanted;
    private volatile boolean isClosed;
    private volatile boolean isCallerParked;
    private volatile @Nullable Thread caller;

    /** A pool of {@code threads} workers, the calling thread included. */
    public Workers(int threads) {
        this(threads, System::nanoTime);
    }

    /** A pool whose {@link Crew} takes the time, in nanoseconds, from {@code clock}. */
    Workers(int threads, LongSupplier clock) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        this.clock = clock;
        crew = new Crew(threads);
        others = new Worker[threads - 1];
        for (int i = 0; i < others.length; i++) {
            others[i] = new Worker(i + 1);
        }
        for (Worker worker : others) {
            worker.thread.start();
        }
    }

    /** Number of workers, the calling thread included. */
    public int count() {
        return others.length + 1;
    }

    /**
     * Splits {@code [0, size)} into ranges, a few per worker, and waits until all are done. What the tasks wrote is
     * visible to the caller.
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
            if (others.length == 0 || size <= 1) {
                pending.set(size);
                compute(task, 0, size, 0);
            } else {
                long start = clock.getAsLong();
                announce(size, task, crew.size(start));
                int ranges = 0;
                while (takeRange(0)) {
                    ranges++;
                }
                awaitOthers(ranges, start);
            }
            Throwable thrown = failure.get();
            if (thrown != null) {
                throw new IllegalStateException("a worker failed", thrown);
            }
        } finally {
            this.task = null;
            isRunning.set(false);
        }
    }

    private void announce(int newSize, RangeTask newTask, int crewSize) {
        int ranges = RANGES_PER_WORKER * count();
        int length = (int) (((long) newSize + ranges - 1) / ranges);
        long closed = next.get() | INDEX_MASK;
        next.set(closed);
        task = newTask;
        size = newSize;
        rangeSize = length <= ALIGNMENT ? length : (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        wanted = crewSize;
        caller = Thread.currentThread();
        pending.set(newSize);
        next.set(((closed >>> 32) + 1) << 32);
        for (int i = 0; i < crewSize - 1; i++) {
            if (others[i].isParked) {
                LockSupport.unpark(others[i].thread);
            }
        }
    }

    /** Takes one range of the current task and computes it; false if none is left, or not for this worker. */
    private boolean takeRange(int worker) {
        while (true) {
            long announced = next.get();
            long from = announced & INDEX_MASK;
            RangeTask current = task;
            int end = size;
            if (current == null || from >= end || worker >= wanted) {
                return false;
            }
            int length = (int) Math.min(rangeSize, end - from);
            if (next.compareAndSet(announced, announced + length)) {
                compute(current, (int) from, length, worker);
                return true;
            }
        }
    }

    private void compute(RangeTask current, int from, int length, int worker) {
        try {
            if (length > 0) {
                current.run(from, from + length, worker);
            }
        } catch (Throwable thrown) { // handed to the caller of run, which waits for every range first
            failure.compareAndSet(null, thrown);
        }
        if (pending.addAndGet(-length) == 0 && isCallerParked) {
            LockSupport.unpark(caller);
        }
    }

    private void awaitOthers(int ranges, long start) {
        if (pending.get() == 0) {
            return;
        }
        long waited = clock.getAsLong();
        for (int spins = 0; pending.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                isCallerParked = true;
                if (pending.get() > 0) {
                    LockSupport.park(this);
                }
                isCallerParked = false;
            }
        }
        crew.hasWaited(ranges, start, waited, clock.getAsLong());
    }

    /** Ends the threads and waits for them. Not to be called while {@link #run} is under way. */
    @Override
    public void close() {
        isClosed = true;
        boolean isInterrupted = false;
        for (Worker worker : others) {
            LockSupport.unpark(worker.thread);
        }
        for (Worker worker : others) {
            isInterrupted |= !joined(worker.thread);
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

    /** A thread other than the caller's. */
    private final class Worker {
        private final int number;
        private final Thread thread;
        private volatile boolean isParked;

        Worker(int number) {
            this.number = number;
            thread = Thread.ofPlatform().name("herd-worker-" + number).daemon().unstarted(this::work);
        }

        private void work() {
            while (!isClosed) {
                long seen = next.get() >>> 32;
                boolean isWanted = number < wanted;
                while (takeRange(number)) {
                    // until none is left
                }
                for (int spins = isWanted ? 0 : SPINS; isSame(seen) && !isClosed; spins++) {
                    if (spins < SPINS) {
                        Thread.onSpinWait();
                    } else {
                        sleep(seen);
                    }
                }
            }
        }

        private boolean isSame(long seen) {
            return next.get() >>> 32 == seen;
        }

        /** Parks unless another task than number {@code seen} has been announced meanwhile. */
        private void sleep(long seen) {
            isParked = true;
            if (isSame(seen) && !isClosed) {
                LockSupport.park(Workers.this);
            }
            isParked = false;
        }
    }

    /** Work on a range. */
    @FunctionalInterface
    public interface RangeTask {
        /** Computes {@code [from, to)} as worker number {@code worker}; a worker is given several ranges, one by one. */
        void run(int from, int to, int worker);
    }
}
