package dev.herd.api;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** The seeds of requests, the last thing that they ask for before they are queued; they can be held there. */
@Alternative
@Singleton
final class HeldRandom implements RandomGenerator {
    private final RandomGenerator seeds = RandomGenerator.getDefault();
    private final Semaphore callers = new Semaphore(0);
    private final Semaphore permits = new Semaphore(0);
    private volatile boolean isHeld;

    @Override
    public long nextLong() {
        if (isHeld) {
            callers.release();
            acquire(permits);
        }
        synchronized (seeds) {
            return seeds.nextLong();
        }
    }

    void hold() {
        callers.drainPermits();
        permits.drainPermits();
        isHeld = true;
    }

    void awaitCaller() {
        acquire(callers);
    }

    void release() {
        if (isHeld) {
            isHeld = false;
            permits.release();
        }
    }

    private static void acquire(Semaphore semaphore) {
        try {
            if (!semaphore.tryAcquire(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody came");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
