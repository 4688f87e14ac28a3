package dev.herd.api;

import dev.herd.engine.FinishReason;
import dev.herd.engine.GenerationListener;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.SampledToken;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** The engine's side of an answer: what happens to its generations becomes progress, and what they cost is told at their end. */
final class AnswerSource {
    private final AtomicInteger unfinished;
    private final AtomicInteger generated = new AtomicInteger();
    private final IntConsumer whenComputed;
    private final AnswerRecorder recorder;
    private final Consumer<Progress> progress;

    /**
     * A source.
     *
     * @param generations there will be
     * @param whenComputed gets the number of generated tokens when all have ended
     * @param progress takes what happens; must not block
     */
    AnswerSource(int generations, IntConsumer whenComputed, AnswerRecorder recorder, Consumer<Progress> progress) {
        this.unfinished = new AtomicInteger(generations);
        this.whenComputed = whenComputed;
        this.recorder = recorder;
        this.progress = progress;
    }

    /** What the engine is to tell of a choice; it runs on the engine's thread. */
    GenerationListener listener(int choice, GenerationRequest request) {
        return new ChoiceListener(choice, request);
    }

    /** There will not be as many generations as there were to be. */
    void withdraw() {
        whenComputed.accept(generated.get());
    }

    private final class ChoiceListener implements GenerationListener {
        private final int choice;
        private final GenerationRequest request;
        private long lastNanos;

        ChoiceListener(int choice, GenerationRequest request) {
            this.choice = choice;
            this.request = request;
        }

        @Override
        public void onPromptScores(List<SampledToken> scores) {
            progress.accept(new Progress.Scores(choice, scores));
        }

        @Override
        public void onToken(SampledToken token) {
            long now = System.nanoTime();
            if (lastNanos != 0) {
                recorder.tokenAfter(Duration.ofNanos(now - lastNanos));
            }
            lastNanos = now;
            generated.incrementAndGet();
            progress.accept(
                    new Progress.Token(choice, token, request.stopTokens().contains(token.id())));
        }

        @Override
        public void onFinish(FinishReason reason, GenerationStats stats) {
            end();
            progress.accept(new Progress.Finish(choice, reason, stats));
        }

        @Override
        public void onFailure(Throwable failure) {
            end();
            progress.accept(new Progress.Failure(failure));
        }

        private void end() {
            if (unfinished.decrementAndGet() == 0) {
                whenComputed.accept(generated.get());
            }
        }
    }
}
