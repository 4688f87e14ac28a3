package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.tornado.TaskGraphs.Draft;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Graphs that are run again: as recorded by the device of the tests, if it records, and without. */
final class GraphPlanTest {
    private static final int SIZE = 64;
    private static final int ROWS = 4;

    private final HostMemory memory = new HostMemory();
    private final IntArray step = memory.ints(Step.SIZE);
    private final FloatArray x = memory.floats(ROWS * SIZE);
    private final FloatArray sum = memory.floats(ROWS * SIZE);
    private final AtomicInteger runs = new AtomicInteger();
    private final ReentrantLock turn = new ReentrantLock(true);

    GraphPlanTest() {
        step.init(ROWS);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void aDeviceThatRecordsRunsGraphsOnceAndRepeatsThemWithWhatArraysHoldThen() {
        Recorder recorder = Device.DEVICE.recorder().orElseGet(Recorder.Emulated::new);
        assertThat(sums(Optional.of(recorder))).containsExactly(3, 10, 101);
        assertThat(runs).hasValue(1);
    }

    @Test
    void anotherRunsThemEachTime() {
        assertThat(sums(Optional.empty())).containsExactly(3, 10, 101);
        assertThat(runs).hasValue(3);
    }

    /** Rows beyond the bucket of a recording are not computed: each bucket is to have a recording of its own. */
    @Test
    void aRecordingKeepsTheGridsThatItWasMadeWith() {
        try (GraphPlan plan = plan(Device.DEVICE.recorder())) {
            x.init(1);
            plan.prepare("one", () -> plan.run(0, 1));
            plan.prepare("all", () -> plan.run(0, ROWS));

            sum.init(5);
            plan.repeat("one", () -> plan.run(0, 1));
            assertThat(rows()).containsExactly(6, 5, 5, 5);

            plan.repeat("all", () -> plan.run(0, ROWS));
            assertThat(rows()).containsExactly(7, 6, 6, 6);

            plan.repeat("one", () -> plan.run(0, 1));
            assertThat(rows()).containsExactly(8, 6, 6, 6);
        }
    }

    /**
     * What another model does to the device must wait until a recording is done, which it would end: a model that serves records
     * steps of new sizes when they come.
     */
    @Test
    void anotherPlanOfTheDeviceWaitsForARecording() throws Exception {
        Recorder recorder = Device.DEVICE.recorder().orElseGet(Recorder.Emulated::new);
        try (GraphPlan one = plan(Optional.of(recorder));
                GraphPlan other = plan(Optional.of(recorder))) {
            CountDownLatch isRecording = new CountDownLatch(1);
            List<String> order = new CopyOnWriteArrayList<>();
            FutureTask<Void> meanwhile = new FutureTask<>(() -> {
                isRecording.await();
                other.run(0, 1);
                order.add("run");
                return null;
            });
            Thread thread = Thread.ofPlatform().start(meanwhile);

            one.prepare("all", () -> {
                isRecording.countDown();
                while (thread.isAlive() && !turn.hasQueuedThread(thread)) {
                    Thread.onSpinWait();
                }
                one.run(0, ROWS);
                order.add("recorded");
            });
            meanwhile.get();

            assertThat(order).containsExactly("recorded", "run");
        }
    }

    private float[] sums(Optional<Recorder> recorder) {
        float[] sums = new float[3];
        try (GraphPlan plan = plan(recorder)) {
            for (int i = 0; i < 3; i++) {
                x.init(i == 0 ? 1 : i == 1 ? 7 : 100);
                sum.init(i == 0 ? 2 : i == 1 ? 3 : 1);
                plan.repeat("all", () -> {
                    runs.incrementAndGet();
                    plan.run(0, ROWS);
                });
                sums[i] = rows()[ROWS - 1];
            }
        }
        return sums;
    }

    /** A plan of one graph, which has run. */
    private GraphPlan plan(Optional<Recorder> recorder) {
        TaskGraphs graphs = new TaskGraphs(Device.DEVICE.library());
        graphs.add(new Draft(
                        "add",
                        List.of(KernelCall.of(
                                "Elements.add",
                                rows -> Elements.grid(rows, SIZE),
                                Elements::add,
                                step,
                                sum,
                                x,
                                SIZE,
                                Step.TOKENS)))
                .brings(List.of(step, x, sum))
                .yields(List.of(sum)));
        GraphPlan plan = new GraphPlan(graphs, recorder, turn);
        plan.lock(List.of(step, x, sum));
        plan.run(0, ROWS);
        return plan;
    }

    /** The first element of each row. */
    private float[] rows() {
        float[] rows = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            rows[row] = sum.get(row * SIZE);
        }
        return rows;
    }
}
