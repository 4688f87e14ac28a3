package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.herd.kernels.device.DeviceLostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What the engine makes of failing models, odd listeners and limits that do not fit. */
class EngineFailureTest {
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
    void aFailingStepEndsItsOwnRequestsOnly() {
        Engine two = engine(runner, 64, 2, 4, 6);
        runner.failure = batch -> batch.slices().get(0).tokens()[0] == 13;
        RecordingListener first = submit(two, Requests.greedy(3, 13));
        RecordingListener second = submit(two, Requests.greedy(3, 2));
        RecordingListener third = submit(two, Requests.greedy(3, 3));

        runToEnd(two);

        assertThat(first.failure()).hasMessage("the fake model fails as told");
        assertThat(second.failure()).isSameAs(first.failure());
        assertThat(third.tokens()).isEqualTo(Requests.answer(runner, Requests.greedy(3, 3), 64));
        assertThat(two.status().failures()).isEqualTo(2);
        assertThat(two.status().usedBlocks()).isZero();
        assertThat(two.status().accepting()).isTrue();
    }

    @Test
    void aLostDeviceEndsAllRequestsAndTheEngine() throws InterruptedException {
        CountDownLatch isBroken = new CountDownLatch(1);
        DeviceLostException lost =
                new DeviceLostException("the device failed: it is gone", new IllegalStateException());
        runner.failure = batch -> {
            throw lost;
        };
        RecordingListener first = submit(engine, Requests.greedy(3, 1));
        RecordingListener second = submit(engine, Requests.greedy(3, 2));

        engine.start(isBroken::countDown);

        assertThat(isBroken.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(first.failure()).isSameAs(lost);
        assertThat(second.failure()).isSameAs(lost);
        assertThatThrownBy(() -> engine.submit(Requests.greedy(3, 3), new RecordingListener()))
                .isInstanceOf(EngineClosedException.class);
    }

    @Test
    void logitsThatAreNotNumbersEndTheirRequestOnly() {
        RecordingListener first = submit(engine, Requests.greedy(3, 1));
        RecordingListener second = submit(engine, Requests.greedy(3, 2));
        runner.poison = batch -> runner.batches.size() == 2;

        runToEnd(engine);

        assertThat(first.failure())
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("the logit of token 0 is NaN, nothing can be chosen");
        assertThat(first.tokens()).hasSize(1);
        assertThat(second.tokens()).isEqualTo(Requests.answer(runner, Requests.greedy(3, 2), 64));
        assertThat(engine.status().usedBlocks()).isZero();
    }

    @Test
    void aListenerThatThrowsHarmsNoOther() {
        RecordingListener heard = new RecordingListener();
        engine.submit(Requests.greedy(5, 1), new Delegate(heard) {
            @Override
            public void onToken(SampledToken token) {
                throw new IllegalStateException("broken listener");
            }
        });
        engine.submit(Requests.greedy(1, 2), new Delegate(new RecordingListener()) {
            @Override
            public void onFinish(FinishReason reason, GenerationStats stats) {
                throw new IllegalStateException("broken at the end");
            }
        });
        RecordingListener other = submit(engine, Requests.greedy(5, 3));

        runToEnd(engine);

        assertThat(heard.failure()).hasMessage("broken listener");
        assertThat(other.tokens()).hasSize(5);
        assertThat(engine.status().usedBlocks()).isZero();
        assertThat(engine.status().failures()).isEqualTo(1);
    }

    @Test
    void aListenerMustNotDriveTheEngine() {
        List<Throwable> refusals = new ArrayList<>();
        engine.submit(Requests.greedy(1, 1), new Delegate(new RecordingListener()) {
            @Override
            public void onToken(SampledToken token) {
                refusals.add(catchThrowableOfType(IllegalStateException.class, engine::step));
                refusals.add(catchThrowableOfType(IllegalStateException.class, engine::close));
                refusals.add(catchThrowableOfType(IllegalStateException.class, () -> engine.drain(Duration.ZERO)));
            }
        });

        runToEnd(engine);

        assertThat(refusals).hasSize(3).doesNotContainNull();
        assertThat(engine.status().accepting()).isTrue();
    }

    @Test
    void theListenerOfTheLastPlaceMaySubmitAgain() {
        Engine single = engine(runner, 64, 1, 0, 6);
        RecordingListener second = new RecordingListener();
        single.submit(Requests.greedy(1, 1), new Delegate(new RecordingListener()) {
            @Override
            public void onFinish(FinishReason reason, GenerationStats stats) {
                single.submit(Requests.greedy(2, 2), second);
            }
        });

        runToEnd(single);

        assertThat(second.tokens()).hasSize(2);
    }

    @Test
    void aContextThatTheBlocksCannotHoldIsRefusedWithNumbers() {
        FakeModelRunner small = new FakeModelRunner(0, 4, 15, 16);

        assertThatThrownBy(() -> engine(small, 17, 1, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("one request of the full context of 17 tokens needs 16 key/value blocks of 256 bytes, "
                        + "but the memory allows 15: lower the context or raise the memory");
    }

    @Test
    void moreRunningRequestsThanTokensInABatchAreRefused() {
        assertThatThrownBy(() -> engine(runner, 64, 17, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxRunning is 17, but one batch holds at most 16 tokens");
    }

    @Test
    void limitsOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> new EngineConfig(1, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("contextLength must be at least 2, not 1");
        assertThatThrownBy(() -> new EngineConfig(2, 0, 0, 1)).hasMessageStartingWith("maxRunning");
        assertThatThrownBy(() -> new EngineConfig(2, 1, -1, 1)).hasMessageStartingWith("maxQueued");
        assertThatThrownBy(() -> new EngineConfig(2, 1, 0, 0)).hasMessageStartingWith("prefillSlice");
    }

    /** Passes everything on, for tests that break one method. */
    private abstract static class Delegate implements GenerationListener {
        private final GenerationListener target;

        Delegate(GenerationListener target) {
            this.target = target;
        }

        @Override
        public void onToken(SampledToken token) {
            target.onToken(token);
        }

        @Override
        public void onFinish(FinishReason reason, GenerationStats stats) {
            target.onFinish(reason, stats);
        }

        @Override
        public void onFailure(Throwable failure) {
            target.onFailure(failure);
        }
    }
}
