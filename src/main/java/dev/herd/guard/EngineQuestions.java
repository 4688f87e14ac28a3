package dev.herd.guard;

import dev.herd.engine.Engine;
import dev.herd.engine.EngineClosedException;
import dev.herd.engine.FinishReason;
import dev.herd.engine.Generation;
import dev.herd.engine.GenerationListener;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.QueueFullException;
import dev.herd.engine.SampledToken;
import dev.herd.engine.SamplingParams;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks an engine for a few tokens at a time and waits for them. Safe for use by many threads. */
final class EngineQuestions {
    /** Verdict and codes of all categories that a prompt may name take no more. */
    static final int ANSWER_TOKENS = 17;

    private final Engine engine;
    private final Set<Integer> stopTokens;

    EngineQuestions(Engine engine, Set<Integer> stopTokens) {
        this.engine = engine;
        this.stopTokens = Set.copyOf(stopTokens);
    }

    /** A question under way: its first token, and all of them. */
    static final class Asked implements GenerationListener {
        private final CompletableFuture<SampledToken> first = new CompletableFuture<>();
        private final CompletableFuture<List<SampledToken>> all = new CompletableFuture<>();
        private final List<SampledToken> tokens = new ArrayList<>(); // the engine's thread only
        private volatile @Nullable Generation generation; // once it is submitted

        @Override
        public void onToken(SampledToken token) {
            tokens.add(token);
            first.complete(token);
        }

        @Override
        public void onFinish(FinishReason reason, GenerationStats stats) {
            first.completeExceptionally(new IllegalStateException("the guard's engine gave no token: " + reason));
            all.complete(List.copyOf(tokens));
        }

        @Override
        public void onFailure(Throwable failure) {
            first.completeExceptionally(failure);
            all.completeExceptionally(failure);
        }

        /** The first token, with the log-probabilities of the watched ones. */
        SampledToken first(long deadline) throws GuardException {
            return await(first, deadline);
        }

        /** All tokens. */
        List<SampledToken> all(long deadline) throws GuardException {
            return await(all, deadline);
        }

        /** No more tokens are needed. */
        void cancel() {
            Generation submitted = generation;
            if (submitted != null) {
                submitted.cancel();
            }
        }

        private <T> T await(CompletableFuture<T> awaited, long deadline) throws GuardException {
            try {
                return awaited.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                cancel();
                throw new GuardException(Status.TIMEOUT, "the guard did not answer in time");
            } catch (InterruptedException interrupted) {
                cancel();
                Thread.currentThread().interrupt();
                throw new GuardException(Status.TIMEOUT, "the guard is not waited for any more");
            } catch (ExecutionException failed) {
                throw new GuardException(Status.UNAVAILABLE, "the guard's engine failed");
            }
        }
    }

    /**
     * Submits a question whose tokens are the most likely ones.
     *
     * @param watched tokens whose log-probabilities are wanted with each token
     * @param scope who may share what is computed of the prompt
     */
    Asked ask(PromptTokens.Encoded prompt, List<Integer> watched, int maxTokens, String scope) throws GuardException {
        Asked asked = new Asked();
        GenerationRequest request = new GenerationRequest(
                prompt.ids(), SamplingParams.greedyWatching(watched), maxTokens, stopTokens, prompt.images());
        try {
            asked.generation = engine.submit(request.withCacheScope(scope), asked);
            return asked;
        } catch (QueueFullException full) {
            throw new GuardException(Status.UNAVAILABLE, "too many texts wait for the guard");
        } catch (EngineClosedException closed) {
            throw new GuardException(Status.UNAVAILABLE, "the guard is shut down");
        } catch (IllegalArgumentException refused) {
            throw new GuardException(Status.MISCONFIGURED, "the guard's engine refuses its prompt");
        }
    }
}
