package dev.herd.safety;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks guards beside the caller's own thread, and waits no longer than a policy allows. Safe for use by many threads. */
final class GuardRunner {
    private final ExecutorService threads;

    /** {@code threads} runs what guards compute; one thread per question. */
    GuardRunner(ExecutorService threads) {
        this.threads = threads;
    }

    /** What came of a question. */
    sealed interface Outcome<T> {
        /** An answer. */
        record Answered<T>(T answer, long millis) implements Outcome<T> {}

        /** None. */
        record Failed<T>(GuardException.Status status, long millis) implements Outcome<T> {}
    }

    /**
     * Asks, again if the guard could not be reached and {@code retries} are left. Completes within the time limit of each
     * attempt, whatever the guard does; never exceptionally.
     */
    <T> CompletableFuture<Outcome<T>> ask(Callable<T> question, Duration timeout, int retries) {
        long start = System.nanoTime();
        CompletableFuture<T> answer = new CompletableFuture<>();
        Future<?> running = threads.submit(() -> {
            try {
                answer.complete(question.call());
            } catch (Throwable failure) {
                answer.completeExceptionally(failure);
            }
        });
        return answer.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .<Outcome<T>>handle((result, failure) -> {
                    long millis = (System.nanoTime() - start) / 1_000_000;
                    if (failure == null) {
                        return new Outcome.Answered<>(result, millis);
                    }
                    running.cancel(true);
                    return new Outcome.Failed<>(status(failure), millis);
                })
                .thenCompose(outcome -> isWorthAnother(outcome) && retries > 0
                        ? ask(question, timeout, retries - 1)
                        : CompletableFuture.completedFuture(outcome));
    }

    private static boolean isWorthAnother(Outcome<?> outcome) {
        return outcome instanceof Outcome.Failed<?> failed
                && (failed.status() == GuardException.Status.UNAVAILABLE
                        || failed.status() == GuardException.Status.UNPARSEABLE);
    }

    /** Asks a guard that answers at once, on the caller's thread. */
    static <T> Outcome<T> askHere(Callable<T> question) {
        long start = System.nanoTime();
        try {
            return new Outcome.Answered<>(question.call(), (System.nanoTime() - start) / 1_000_000);
        } catch (Exception failure) {
            return new Outcome.Failed<>(status(failure), (System.nanoTime() - start) / 1_000_000);
        }
    }

    private static GuardException.Status status(Throwable failure) {
        if (failure instanceof GuardException guard) {
            return guard.status();
        }
        return failure instanceof TimeoutException ? GuardException.Status.TIMEOUT : GuardException.Status.UNAVAILABLE;
    }
}
