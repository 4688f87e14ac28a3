package dev.herd.media;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The threads that decode pictures: few, so that memory stays bounded, and each job under a deadline. A decoder that does
 * not notice that it was interrupted keeps its thread until it is done, which the limits on pixels bound.
 */
public final class DecodePool implements AutoCloseable {
    private final ThreadPoolExecutor executor;
    private final Duration limit;

    /**
     * @param threads pictures that are decoded at a time
     * @param queued pictures that wait for that; one more is refused
     * @param limit how long a picture may take, the wait included
     */
    public DecodePool(int threads, int queued, Duration limit) {
        this.executor = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queued),
                Thread.ofPlatform().daemon().name("herd-decode-", 0).factory());
        this.executor.allowCoreThreadTimeOut(true);
        this.limit = limit;
    }

    /** How long a picture may take. */
    Duration limit() {
        return limit;
    }

    /**
     * The result of {@code job}, run by one of the pool's threads.
     *
     * @throws MediaException if there is no thread for it, or it takes too long
     */
    <T> T run(Callable<T> job) {
        AtomicBoolean hasBegun = new AtomicBoolean();
        Future<T> result;
        try {
            result = executor.submit(() -> {
                hasBegun.set(true);
                return job.call();
            });
        } catch (RejectedExecutionException full) {
            throw MediaException.busy();
        }
        try {
            return result.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw hasBegun.get() ? tooSlow() : MediaException.busy();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw MediaException.busy();
        } catch (ExecutionException failed) {
            throw cause(failed);
        } finally {
            result.cancel(true);
        }
    }

    MediaException tooSlow() {
        return MediaException.tooLarge("The picture or video could not be decoded within " + limit.toMillis() + " ms.");
    }

    private static RuntimeException cause(ExecutionException failed) {
        return switch (failed.getCause()) {
            case MediaException refused -> refused;
            case OutOfMemoryError full -> MediaException.busy();
            case null, default -> new IllegalStateException("a picture could not be decoded", failed.getCause());
        };
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
