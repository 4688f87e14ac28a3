package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine on its own thread. */
@Timeout(120)
class EngineThreadTest {
    private static final int CONTEXT = 48;
    private final FakeModelRunner runner = new FakeModelRunner(4, 3, 150, 24);

    private Engine engine(int maxRunning, int maxQueued) {
        return new Engine(runner, new EngineConfig(CONTEXT, maxRunning, maxQueued, 7), System::nanoTime);
    }

    @Test
    void requestsAreAnsweredWheneverTheyCome() throws InterruptedException {
        try (Engine engine = engine(4, 4)) {
            engine.start();
            for (int round = 0; round < 20; round++) {
                RecordingListener listener = new RecordingListener();
                engine.submit(Requests.greedy(3, round), listener);
                assertThat(listener.awaitEnd()).isTrue();
                assertThat(listener.tokens()).hasSize(3);
            }
        }
    }

    @Test
    void onlyItsThreadDrivesAStartedEngine() {
        try (Engine engine = engine(4, 4)) {
            engine.start();

            assertThatThrownBy(engine::step).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(engine::start).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void drainWaitsForRunningAndQueuedAnswers() {
        Engine engine = engine(2, 10);
        engine.start();
        List<RecordingListener> listeners = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            listeners.add(new RecordingListener());
            engine.submit(Requests.greedy(20, i), listeners.get(i));
        }

        boolean finished = engine.drain(Duration.ofSeconds(60));

        assertThat(finished).isTrue();
        assertThat(listeners)
                .allSatisfy(listener -> assertThat(listener.tokens()).hasSize(20));
        assertThatThrownBy(() -> engine.submit(Requests.greedy(1, 1), new RecordingListener()))
                .isInstanceOf(EngineClosedException.class);
    }

    @Test
    void drainWithoutGraceCancelsAfterTheStepUnderWay() throws InterruptedException {
        CountDownLatch inStep = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        runner.beforeRun = () -> {
            inStep.countDown();
            awaitQuietly(goOn);
        };
        Engine engine = engine(2, 10);
        engine.start();
        RecordingListener listener = new RecordingListener();
        engine.submit(Requests.greedy(20, 1), listener);
        inStep.await();

        AtomicBoolean finished = new AtomicBoolean(true);
        Thread drainer = Thread.ofPlatform().start(() -> finished.set(engine.drain(Duration.ZERO)));
        while (drainer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        drainer.join();

        assertThat(finished).isFalse();
        assertThat(listener.reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(listener.tokens()).hasSize(1);
    }

    @Test
    void anEngineThatBreaksTellsEveryoneAndClosesItsDoor() throws InterruptedException {
        AtomicBoolean isBroken = new AtomicBoolean();
        LongSupplier clock = () -> {
            if (isBroken.get() && "herd-engine".equals(Thread.currentThread().getName())) {
                throw new IllegalStateException("broken clock");
            }
            return System.nanoTime();
        };
        runner.beforeRun = () -> isBroken.set(true);
        Engine engine = new Engine(runner, new EngineConfig(CONTEXT, 1, 4, 7), clock);
        List<RecordingListener> listeners = List.of(new RecordingListener(), new RecordingListener());
        listeners.forEach(listener -> engine.submit(Requests.greedy(9, 1), listener));
        engine.start();

        for (RecordingListener listener : listeners) {
            assertThat(listener.awaitEnd()).isTrue();
            assertThat(listener.failure()).hasMessage("broken clock");
        }
        engine.close();
        assertThat(engine.status().accepting()).isFalse();
        assertThat(engine.status().running()).isZero();
        assertThat(engine.status().waiting()).isZero();
        assertThat(engine.status().failures()).isEqualTo(2);
    }

    @Test
    void hundredsOfRequestsFromSeveralThreadsLeaveNothingBehind() throws InterruptedException {
        Engine engine = engine(6, 10);
        engine.start();
        List<Throwable> troubles = Collections.synchronizedList(new ArrayList<>());
        List<Thread> clients = new ArrayList<>();
        for (int client = 0; client < 6; client++) {
            long seed = 1000L + client;
            clients.add(Thread.ofPlatform().start(() -> converse(engine, seed, troubles)));
        }
        for (Thread client : clients) {
            client.join();
        }

        EngineStatus status = engine.status();
        boolean finished = engine.drain(Duration.ofSeconds(60));

        assertThat(troubles).isEmpty();
        assertThat(finished).isTrue();
        assertThat(status.usedBlocks()).isZero();
        assertThat(status.reservedBlocks()).isZero();
        assertThat(status.running() + status.waiting()).isZero();
        assertThat(status.finished().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(6 * 100);
    }

    /** A hundred requests, some cancelled, each compared with the answer that it must get. */
    private void converse(Engine engine, long seed, List<Throwable> troubles) {
        try {
            Random random = new Random(seed);
            for (int i = 0; i < 100; i++) {
                GenerationRequest request = Requests.random(random, 30, 12);
                RecordingListener listener = new RecordingListener();
                Generation generation = submit(engine, request, listener);
                boolean isCancelled = random.nextInt(5) == 0;
                if (isCancelled) {
                    generation.cancel();
                }
                assertThat(listener.awaitEnd())
                        .as("seed %d, request %d", seed, i)
                        .isTrue();
                assertThat(listener.calledAfterEnd()).isZero();
                List<Integer> expected = Requests.answer(runner, request, CONTEXT);
                if (listener.reason() == FinishReason.CANCELLED) {
                    assertThat(isCancelled).isTrue();
                    assertThat(listener.tokens())
                            .isEqualTo(expected.subList(0, listener.tokens().size()));
                } else {
                    assertThat(listener.tokens())
                            .as("seed %d, request %d", seed, i)
                            .isEqualTo(expected);
                }
            }
        } catch (Throwable trouble) {
            troubles.add(trouble);
        }
    }

    private static Generation submit(Engine engine, GenerationRequest request, GenerationListener listener) {
        while (true) {
            try {
                return engine.submit(request, listener);
            } catch (QueueFullException full) {
                Thread.onSpinWait();
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
