package dev.herd.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told, and objects to anything after the end. */
final class RecordingListener implements GenerationListener {
    private final List<SampledToken> tokens = new ArrayList<>();
    private final List<SampledToken> promptScores = new ArrayList<>();
    private final List<Integer> prefills = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable FinishReason reason;
    private @Nullable GenerationStats stats;
    private @Nullable Throwable failure;
    private int calledAfterEnd;

    @Override
    public synchronized void onPrefill(int done, int total) {
        countLate();
        prefills.add(done);
    }

    @Override
    public synchronized void onPromptScores(List<SampledToken> scores) {
        countLate();
        promptScores.addAll(scores);
    }

    @Override
    public synchronized void onToken(SampledToken token) {
        countLate();
        tokens.add(token);
    }

    @Override
    public synchronized void onFinish(FinishReason finishReason, GenerationStats finishStats) {
        countLate();
        reason = finishReason;
        stats = finishStats;
        ended.countDown();
    }

    @Override
    public synchronized void onFailure(Throwable cause) {
        countLate();
        failure = cause;
        ended.countDown();
    }

    synchronized List<Integer> tokens() {
        return tokens.stream().map(SampledToken::id).toList();
    }

    synchronized List<SampledToken> sampledTokens() {
        return List.copyOf(tokens);
    }

    synchronized List<SampledToken> promptScores() {
        return List.copyOf(promptScores);
    }

    synchronized List<Integer> prefills() {
        return List.copyOf(prefills);
    }

    synchronized @Nullable FinishReason reason() {
        return reason;
    }

    synchronized GenerationStats stats() {
        if (stats == null) {
            throw new AssertionError("not finished");
        }
        return stats;
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }

    synchronized int calledAfterEnd() {
        return calledAfterEnd;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    boolean awaitEnd() throws InterruptedException {
        return ended.await(60, TimeUnit.SECONDS);
    }

    private void countLate() {
        if (hasEnded()) {
            calledAfterEnd++;
        }
    }
}
