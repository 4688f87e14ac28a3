package dev.herd.engine;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * The engine's door and its books: who may still come in, how many are inside, what has been done. Thread-safe; the
 * monitor is held for a few additions only.
 */
final class Ledger {
    /** How far the engine is from its end; it only advances. */
    enum Phase {
        /** Takes requests. */
        OPEN,
        /** Takes no requests, finishes those it has. */
        DRAINING,
        /** Cancels those it has. */
        CANCELLING
    }

    private static final int RECENT = 16;
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final int places;
    private final long[] recentNanos = new long[RECENT]; // how long the last places that came free had been computed
    private final Map<FinishReason, Long> finished = new EnumMap<>(FinishReason.class);
    private Phase phase = Phase.OPEN;
    private int inside;
    private int running;
    private int usedBlocks;
    private int reservedBlocks;
    private long recentCount;
    private long promptTokens;
    private long sharedTokens;
    private long generatedTokens;
    private long failures;

    /** With the number of requests that may be inside at one time. */
    Ledger(int places) {
        this.places = places;
        for (FinishReason reason : FinishReason.values()) {
            finished.put(reason, 0L);
        }
    }

    /**
     * Takes a place.
     *
     * @throws EngineClosedException if the engine takes no more requests
     * @throws QueueFullException if no place is free
     */
    synchronized void enter() {
        if (phase != Phase.OPEN) {
            throw new EngineClosedException();
        }
        if (inside == places) {
            throw new QueueFullException(timeToNextPlace());
        }
        inside++;
    }

    /** Advances to {@code next}, unless it is there already. */
    synchronized void advance(Phase next) {
        phase = phase.compareTo(next) < 0 ? next : phase;
    }

    synchronized boolean isCancelling() {
        return phase == Phase.CANCELLING;
    }

    /** Whether nobody is inside and nobody can come in. */
    synchronized boolean isOver() {
        return phase != Phase.OPEN && inside == 0;
    }

    synchronized boolean isEmpty() {
        return inside == 0;
    }

    /** Books what the step has computed. */
    synchronized void compute(int promptTokenCount, int generatedTokenCount) {
        promptTokens += promptTokenCount;
        generatedTokens += generatedTokenCount;
    }

    /** Books who is being computed and what they hold. */
    synchronized void observe(int runningCount, BlockManager blocks) {
        running = runningCount;
        usedBlocks = blocks.used();
        reservedBlocks = blocks.reserved();
    }

    /** Books prompt tokens that were found in the cache. */
    synchronized void share(int tokenCount) {
        sharedTokens += tokenCount;
    }

    /** Frees the place of a request that has ended, {@code runNanos} after its first slice, zero if it had none. */
    synchronized void finish(FinishReason reason, long runNanos) {
        finished.merge(reason, 1L, Long::sum);
        inside--;
        if (runNanos > 0) {
            recentNanos[(int) (recentCount++ % RECENT)] = runNanos;
        }
    }

    /** Frees the place of a request that has failed. */
    synchronized void fail() {
        failures++;
        inside--;
    }

    synchronized EngineStatus status(int blockCount, EngineStatus.Images images) {
        return new EngineStatus(
                phase == Phase.OPEN,
                running,
                inside - running,
                usedBlocks,
                reservedBlocks,
                blockCount,
                promptTokens,
                sharedTokens,
                generatedTokens,
                finished,
                failures,
                images);
    }

    /** While n requests are computed side by side and each takes t, one ends every t / n. A second if none has ended. */
    private Duration timeToNextPlace() {
        int known = (int) Math.min(recentCount, RECENT);
        if (known == 0) {
            return Duration.ofNanos(SECOND);
        }
        long mean = Arrays.stream(recentNanos, 0, known).sum() / known;
        long seconds = Math.ceilDiv(mean / Math.max(1, running), SECOND);
        return Duration.ofSeconds(Math.max(1, seconds));
    }
}
