package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyIndexIsComputedExactlyOnce(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int size : new int[] {0, 1, 2, 3, 7, 8, 9, 1021}) {
                AtomicIntegerArray computed = new AtomicIntegerArray(size);

                workers.run(size, (from, to, worker) -> {
                    assertThat(worker).isBetween(0, threads - 1);
                    for (int i = from; i < to; i++) {
                        computed.incrementAndGet(i);
                    }
                });

                for (int i = 0; i < size; i++) {
                    assertThat(computed.get(i)).as("index %d of %d", i, size).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void rangesOfOneRunAreComputedByDifferentThreads() {
        try (Workers workers = new Workers(3)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            CountDownLatch all = new CountDownLatch(3);

            workers.run(3, (_, _, _) -> {
                threads.add(Thread.currentThread());
                all.countDown();
                assertThat(awaited(all)).isTrue();
            });

            assertThat(threads).hasSize(3).contains(Thread.currentThread());
            assertThat(workers.count()).isEqualTo(3);
        }
    }

    @Test
    void plainWritesOfOneRunAreSeenByTheNextOverTenThousandRuns() {
        int size = 64;
        int[] values = new int[size];
        try (Workers workers = new Workers(3)) {
            for (int run = 0; run < 10_000; run++) {
                workers.run(size, (from, to, _) -> {
                    for (int i = from; i < to; i++) {
                        values[i] = values[i] + 1;
                    }
                });
                // Reads what another worker wrote, and makes the next run start from a changed state.
                for (int i = 0; i < size; i++) {
                    values[i] += values[size - 1] == run * 2 + 1 ? 1 : 1_000_000;
                }
            }
        }

        assertThat(values).containsOnly(20_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aFailureReachesTheCallerAndThePoolGoesOn(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int failing = 0; failing < threads; failing++) {
                int number = failing;
                IllegalArgumentException failure = new IllegalArgumentException("at " + failing);

                assertThatThrownBy(() -> workers.run(100, (from, to, _) -> {
                            if (from <= 25 * number && 25 * number < to) {
                                throw failure;
                            }
                        }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasCause(failure);

                AtomicIntegerArray computed = new AtomicIntegerArray(1);
                workers.run(100, (from, to, _) -> computed.addAndGet(0, to - from));
                assertThat(computed.get(0)).isEqualTo(100);
            }
        }
    }

    @Test
    void aFailureIsReportedOnlyAfterAllRangesHaveEnded() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch failed = new CountDownLatch(1);
            AtomicReference<String> slow = new AtomicReference<>("running");

            assertThatThrownBy(() -> workers.run(2, (from, _, _) -> {
                        if (from == 0) {
                            failed.countDown();
                            throw new IllegalArgumentException("first");
                        }
                        assertThat(awaited(failed)).isTrue();
                        LockSupport.parkNanos(20_000_000);
                        slow.set("done");
                    }))
                    .isInstanceOf(IllegalStateException.class);

            assertThat(slow.get()).isEqualTo("done");
        }
    }

    @Test
    void aWorkerThatIsHeldUpDelaysOnlyItsOwnRange() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch othersDone = new CountDownLatch(7);

            workers.run(8, (from, _, _) -> {
                if (from == 0) {
                    assertThat(awaited(othersDone)).isTrue();
                } else {
                    othersDone.countDown();
                }
            });

            assertThat(othersDone.getCount()).isZero();
        }
    }

    @Test
    void whoIsHeldUpForLongIsLeftOutForAWhileAndThenTakenBack() {
        AtomicLong millis = new AtomicLong(1000);
        try (Workers workers = new Workers(2, () -> millis.get() * 1_000_000)) {
            CountDownLatch otherHasBegun = new CountDownLatch(1);
            CountDownLatch callerIsDone = new CountDownLatch(1);
            Thread caller = Thread.currentThread();
            workers.run(2, (_, _, worker) -> {
                if (worker == 0) {
                    assertThat(awaited(otherHasBegun)).isTrue();
                    callerIsDone.countDown();
                } else {
                    otherHasBegun.countDown();
                    assertThat(awaited(callerIsDone)).isTrue();
                    while (caller.getState() != Thread.State.WAITING) { // for this range
                        Thread.onSpinWait();
                    }
                    millis.addAndGet(3); // as if the operating system had taken the core away
                }
            });
            Set<Integer> next = ConcurrentHashMap.newKeySet();
            workers.run(1000, (_, _, worker) -> next.add(worker));
            millis.addAndGet(32);
            CountDownLatch both = new CountDownLatch(2);

            workers.run(2, (_, _, _) -> {
                both.countDown();
                assertThat(awaited(both)).isTrue();
            });

            assertThat(next).containsExactly(0);
        }
    }

    @Test
    void sleepingWorkersWakeUp() throws InterruptedException {
        try (Workers workers = new Workers(2)) {
            for (int run = 0; run < 5; run++) {
                Thread.sleep(20);
                CountDownLatch both = new CountDownLatch(2);

                workers.run(2, (_, _, _) -> {
                    both.countDown();
                    assertThat(awaited(both)).isTrue();
                });

                assertThat(both.getCount()).isZero();
            }
        }
    }

    @Test
    void aTaskCannotRunAnotherInTheSamePool() {
        try (Workers workers = new Workers(2)) {
            assertThatThrownBy(() -> workers.run(2, (_, _, _) -> workers.run(2, (_, _, _) -> {})))
                    .isInstanceOf(IllegalStateException.class)
                    .cause()
                    .hasMessageContaining("another task");
        }
    }

    @Test
    void closingEndsTheThreadsAndLaterRunsAreRefused() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Workers workers = new Workers(3);
        CountDownLatch all = new CountDownLatch(3);
        workers.run(3, (_, _, _) -> {
            threads.add(Thread.currentThread());
            all.countDown();
            assertThat(awaited(all)).isTrue();
        });
        threads.remove(Thread.currentThread());

        workers.close();
        workers.close();

        assertThat(threads).hasSize(2).noneMatch(Thread::isAlive);
        assertThatThrownBy(() -> workers.run(3, (_, _, _) -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aPoolHasAtLeastOneThread() {
        assertThatThrownBy(() -> new Workers(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            return false;
        }
    }
}
