package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The engine, driven step by step on the test's thread. */
class EngineTest {
    private final AtomicLong clock = new AtomicLong();
    private final FakeModelRunner runner = new FakeModelRunner(4, 4, 200, 16);
    private final Engine engine = engine(runner, 64, 4, 4, 6);

    private Engine engine(ModelRunner model, int context, int maxRunning, int maxQueued, int slice) {
        return new Engine(model, new EngineConfig(context, maxRunning, maxQueued, slice), clock::get);
    }

    private static RecordingListener submit(Engine engine, GenerationRequest request) {
        RecordingListener listener = new RecordingListener();
        engine.submit(request, listener);
        return listener;
    }

    private static void runToEnd(Engine engine) {
        int steps = 0;
        while (engine.step()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    @Test
    void anAnswerEndsAtMaxTokens() {
        RecordingListener listener = submit(engine, Requests.greedy(5, 1, 2, 3));

        runToEnd(engine);

        assertThat(listener.tokens()).hasSize(5);
        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aStopTokenEndsTheAnswerAndIsReported() {
        List<Integer> free = Requests.answer(runner, Requests.greedy(10, 1, 2, 3), 64);
        int stop = free.get(6);
        GenerationRequest request =
                new GenerationRequest(new int[] {1, 2, 3}, SamplingParams.greedy(), 10, Set.of(stop, 60));

        RecordingListener listener = submit(engine, request);
        runToEnd(engine);

        assertThat(listener.tokens()).isEqualTo(free.subList(0, free.indexOf(stop) + 1));
        assertThat(listener.reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void noStopTokenIsChosenBeforeTheLeastLength() {
        List<Integer> free = Requests.answer(runner, Requests.greedy(10, 1, 2, 3), 64);
        int stop = free.get(2);
        GenerationRequest request = new GenerationRequest(
                new int[] {1, 2, 3},
                SamplingParams.greedy(),
                10,
                Set.of(stop),
                List.of(),
                Optional.empty(),
                6,
                0,
                Optional.empty());

        RecordingListener listener = submit(engine, request);
        runToEnd(engine);

        assertThat(listener.tokens()).hasSizeGreaterThanOrEqualTo(6);
        assertThat(listener.tokens().subList(0, 6)).doesNotContain(stop);
    }

    @Test
    void anAnswerEndsWithTheContext() {
        RecordingListener listener = submit(engine, Requests.greedy(Integer.MAX_VALUE, new int[60]));

        runToEnd(engine);

        assertThat(listener.tokens()).hasSize(4);
        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aPromptOfTheContextLessOneGetsOneToken() {
        RecordingListener listener = submit(engine, Requests.greedy(9, new int[63]));

        runToEnd(engine);

        assertThat(listener.tokens()).hasSize(1);
        assertThat(runner.batches.stream().mapToInt(batch -> batch.tokenCount()).sum())
                .isEqualTo(63);
    }

    @Test
    void aPromptThatLeavesNoRoomIsRefused() {
        ContextLengthException refusal = catchThrowableOfType(
                ContextLengthException.class, () -> submit(engine, Requests.greedy(1, new int[64])));

        assertThat(refusal.promptTokens()).isEqualTo(64);
        assertThat(refusal.contextLength()).isEqualTo(64);
    }

    @Test
    void progressOfThePromptIsReportedSliceBySlice() {
        RecordingListener listener = submit(engine, Requests.greedy(2, new int[10]));

        runToEnd(engine);

        assertThat(listener.prefills()).containsExactly(4, 8, 10);
        assertThat(runner.sliceSizes).containsExactly(List.of(4), List.of(4), List.of(2), List.of(1));
        assertThat(runner.batches.stream().map(batch -> batch.logitRows())).containsExactly(0, 0, 1, 1);
    }

    @Test
    void statsTellTheTimesByTheClock() {
        clock.set(1000);
        RecordingListener listener = submit(engine, Requests.greedy(3, new int[6]));
        runner.beforeRun = () -> clock.addAndGet(10);
        clock.set(1500);

        runToEnd(engine);

        assertThat(listener.stats())
                .isEqualTo(new GenerationStats(
                        6, 0, 3, Duration.ofNanos(500), Duration.ofNanos(520), Duration.ofNanos(540)));
    }

    @Test
    void requestsWaitForBlocksAndThenProceed() {
        FakeModelRunner small = new FakeModelRunner(0, 4, 4 * 4, 16); // 16 positions in all
        Engine tight = engine(small, 17, 4, 4, 16);
        List<RecordingListener> listeners = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            listeners.add(submit(tight, Requests.greedy(9, i, i, i, i)));
        }
        tight.step();
        assertThat(tight.status().running()).isEqualTo(1);
        assertThat(tight.status().waiting()).isEqualTo(3);
        assertThat(tight.status().reservedBlocks()).isEqualTo(12);

        runToEnd(tight);

        for (int i = 0; i < 4; i++) {
            assertThat(listeners.get(i).tokens()).isEqualTo(Requests.answer(small, Requests.greedy(9, i, i, i, i), 17));
        }
        assertThat(tight.status().usedBlocks()).isZero();
    }

    @Test
    void thePromiseOfBlocksCoversTheLastComputedPosition() {
        int each = 4 * 4; // 4 positions in blocks of one: all tokens but the last of the answer
        FakeModelRunner small = new FakeModelRunner(0, 1, 2 * each - 1, 16);
        Engine tight = engine(small, 5, 2, 0, 16);
        RecordingListener first = submit(tight, Requests.greedy(4, 1));
        RecordingListener second = submit(tight, Requests.greedy(4, 2));

        tight.step();
        int promised = tight.status().reservedBlocks();
        runToEnd(tight);

        assertThat(promised).isEqualTo(each);
        assertThat(first.tokens()).hasSize(4);
        assertThat(second.tokens()).hasSize(4);
    }

    @Test
    void aFullQueueRefusesWithTheTimeThatPlacesTakeToComeFree() {
        Engine full = engine(runner, 64, 2, 1, 6);
        runner.beforeRun = () -> clock.addAndGet(Duration.ofSeconds(2).toNanos());
        submit(full, Requests.greedy(5, 1));
        submit(full, Requests.greedy(5, 2));
        submit(full, Requests.greedy(5, 3));

        QueueFullException unknown =
                catchThrowableOfType(QueueFullException.class, () -> submit(full, Requests.greedy(1, 4)));
        runToEnd(full);
        for (int i = 0; i < 3; i++) {
            submit(full, Requests.greedy(5, i));
        }
        full.step();
        QueueFullException known =
                catchThrowableOfType(QueueFullException.class, () -> submit(full, Requests.greedy(1, 4)));

        assertThat(unknown.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(known.retryAfter()).isEqualTo(Duration.ofSeconds(5)); // 10 s each, two at a time
    }

    @Test
    void aRequestIsCancelledInTheQueue() {
        Engine single = engine(runner, 64, 1, 4, 6);
        RecordingListener first = submit(single, Requests.greedy(5, 1));
        RecordingListener second = new RecordingListener();
        Generation generation = single.submit(Requests.greedy(5, 2), second);
        single.step();

        generation.cancel();
        runToEnd(single);

        assertThat(second.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(second.tokens()).isEmpty();
        assertThat(second.stats().timeToFirstToken()).isZero();
        assertThat(first.tokens()).hasSize(5);
    }

    @Test
    void aRequestIsCancelledInThePrompt() {
        RecordingListener listener = new RecordingListener();
        Generation generation = engine.submit(Requests.greedy(5, new int[20]), listener);
        engine.step();
        assertThat(engine.status().usedBlocks()).isPositive();

        generation.cancel();
        boolean computed = engine.step();

        assertThat(computed).isFalse();
        assertThat(listener.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(listener.prefills()).containsExactly(4);
        assertThat(engine.status().usedBlocks()).isZero();
        assertThat(engine.status().reservedBlocks()).isZero();
    }

    @Test
    void aRequestIsCancelledInTheAnswerBeforeTheNextStep() {
        RecordingListener listener = new RecordingListener();
        Generation generation = engine.submit(Requests.greedy(50, 1), listener);
        RecordingListener other = submit(engine, Requests.greedy(8, 2));
        engine.step();
        engine.step();

        generation.cancel();
        generation.cancel();
        runToEnd(engine);
        generation.cancel();
        engine.step();

        assertThat(listener.tokens()).hasSize(2);
        assertThat(listener.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(listener.calledAfterEnd()).isZero();
        assertThat(other.tokens()).isEqualTo(Requests.answer(runner, Requests.greedy(8, 2), 64));
        assertThat(engine.status().finished())
                .isEqualTo(Map.of(FinishReason.CANCELLED, 1L, FinishReason.LENGTH, 1L, FinishReason.STOP, 0L));
    }

    @Test
    void cancellingAnEndedRequestDoesNothing() {
        RecordingListener listener = new RecordingListener();
        Generation generation = engine.submit(Requests.greedy(2, 1), listener);
        runToEnd(engine);

        generation.cancel();
        engine.step();

        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(listener.calledAfterEnd()).isZero();
        assertThat(engine.status().finished()).containsEntry(FinishReason.CANCELLED, 0L);
        assertThat(engine.status().waiting()).isZero();
    }

    @Test
    void statusCountsWhatHasBeenDone() {
        submit(engine, Requests.greedy(3, 1, 2, 3, 4, 5));
        submit(engine, Requests.greedy(2, 1));
        assertThat(engine.status().waiting()).isEqualTo(2);

        engine.step();
        EngineStatus during = engine.status();
        runToEnd(engine);
        EngineStatus after = engine.status();

        assertThat(during.running()).isEqualTo(2);
        assertThat(during.waiting()).isZero();
        assertThat(during.promptTokens()).isEqualTo(4 + 1);
        assertThat(during.generatedTokens()).isEqualTo(1);
        assertThat(during.usedBlocks()).isEqualTo(1 + 4); // the long one has passed an attention chunk
        assertThat(during.blockCount()).isEqualTo(200);
        assertThat(after.running()).isZero();
        assertThat(after.promptTokens()).isEqualTo(6);
        assertThat(after.generatedTokens()).isEqualTo(5);
        assertThat(after.finished()).containsEntry(FinishReason.LENGTH, 2L);
    }

    @Test
    void drainLetsAllFinishOnTheCallersThread() {
        RecordingListener running = submit(engine, Requests.greedy(5, 1));
        engine.step();
        RecordingListener queued = submit(engine, Requests.greedy(5, 2));

        boolean finished = engine.drain(Duration.ofDays(100_000));

        assertThat(finished).isTrue();
        assertThat(running.reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(queued.reason()).isEqualTo(FinishReason.LENGTH);
        assertThatThrownBy(() -> submit(engine, Requests.greedy(1, 1))).isInstanceOf(EngineClosedException.class);
        assertThat(engine.status().accepting()).isFalse();
    }

    @Test
    void drainCancelsWhatIsLeftAtTheDeadline() {
        runner.beforeRun = () -> clock.addAndGet(Duration.ofSeconds(1).toNanos());
        RecordingListener quick = submit(engine, Requests.greedy(2, 1));
        RecordingListener slow = submit(engine, Requests.greedy(50, 2));

        boolean finished = engine.drain(Duration.ofSeconds(4));

        assertThat(finished).isFalse();
        assertThat(quick.reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(slow.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(slow.tokens()).hasSize(4);
        assertThat(engine.status().usedBlocks()).isZero();
    }

    @Test
    void closeCancelsAllAndMayBeRepeated() {
        RecordingListener running = submit(engine, Requests.greedy(5, 1));
        engine.step();
        RecordingListener queued = submit(engine, Requests.greedy(5, 2));

        engine.close();
        engine.close();

        assertThat(running.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(queued.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(engine.status().usedBlocks()).isZero();
    }
}
