package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.tornado.Recorder.Recording;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What is asked of the driver when a recording works out and when it does not, with a driver of paper. */
final class CudaRecorderTest {
    private static final long GRAPH = 77;

    private final List<String> asked = new ArrayList<>();
    private int endsThatFail;

    private final CudaRecorder recorder = new CudaRecorder(
            new CudaGraphs() {
                @Override
                public void begin(long plan) {
                    asked.add("begin");
                }

                @Override
                public long end(long plan) {
                    asked.add("end");
                    if (endsThatFail-- > 0) {
                        throw new IllegalStateException("the recording was ended");
                    }
                    return GRAPH;
                }

                @Override
                public void launch(long plan, long graph) {
                    asked.add("launch " + graph);
                }

                @Override
                public void destroy(long graph) {
                    asked.add("destroy " + graph);
                }

                @Override
                public void setConcurrent(long plan, boolean isConcurrent) {
                    asked.add("concurrent " + isConcurrent);
                }

                @Override
                public int lock(long address, long bytes) {
                    return 1;
                }

                @Override
                public int unlock(long address) {
                    return 0;
                }
            },
            4096);

    @Test
    void aRecordingIsLaunchedAndDestroyed() {
        try (Recording recording = recorder.record(plan(), () -> asked.add("run"))) {
            recording.repeat();
        }

        assertThat(asked).containsExactly("begin", "run", "concurrent false", "end", "launch 77", "destroy 77");
    }

    @Test
    void whatFailsEndsTheRecordingAndLeavesNothing() {
        assertThatThrownBy(() -> recorder.record(plan(), CudaRecorderTest::fail))
                .hasMessage("no kernel");

        assertThat(asked).containsExactly("begin", "concurrent false", "end", "destroy 77");
    }

    @Test
    void aDriverThatHasEndedTheRecordingDoesNotHideWhatFailed() {
        endsThatFail = 2;

        assertThatThrownBy(() -> recorder.record(plan(), CudaRecorderTest::fail))
                .hasMessage("no kernel")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .singleElement()
                        .satisfies(another -> assertThat(another).hasMessage("the recording was ended")));
    }

    /** TornadoVM would write it behind the next recording, when the plan may be gone. */
    @Test
    void whatARecordingThatDidNotEndLeavesToBeWrittenIsWrittenAtOnce() {
        endsThatFail = 1;

        assertThatThrownBy(() -> recorder.record(plan(), () -> asked.add("run")))
                .hasMessage("the recording was ended");

        assertThat(asked).containsExactly("begin", "run", "concurrent false", "end", "begin", "end", "destroy 77");
    }

    @Test
    void nothingOfAnotherPlanIsRecorded() {
        TornadoExecutionPlan other = plan();

        assertThatThrownBy(() -> recorder.record(plan(), () -> recorder.run(other, 0, new GridScheduler())))
                .hasMessage("a graph of one plan within a recording of another");
    }

    @Test
    void afterAFailureThereCanBeAnotherRecording() {
        assertThatThrownBy(() -> recorder.record(plan(), CudaRecorderTest::fail))
                .hasMessage("no kernel");
        asked.clear();

        recorder.record(plan(), () -> asked.add("run")).close();

        assertThat(asked).containsExactly("begin", "run", "concurrent false", "end", "destroy 77");
    }

    @Test
    void memoryThatTheDriverDoesNotLockIsNamedWithItsSize() {
        assertThatThrownBy(() -> recorder.lock(new IntArray(12)))
                .hasMessage(
                        "the driver does not lock 64 bytes of the machine's memory, which CUDA graphs want (error 1);"
                                + " -Ddev.herd.cuda-graphs=false does without");
    }

    @Test
    void olderDriversTakeMoreForAGraph() {
        assertThat(TornadoDevices.bytesPerKernel("12.3")).isEqualTo(65536);
        assertThat(TornadoDevices.bytesPerKernel("12.4")).isEqualTo(4096);
        assertThat(TornadoDevices.bytesPerKernel("13.0")).isEqualTo(4096);
        assertThat(TornadoDevices.bytesPerKernel("unknown")).isEqualTo(65536);
    }

    private static void fail() {
        throw new IllegalArgumentException("no kernel");
    }

    /** A plan of a graph that only copies. */
    private static TornadoExecutionPlan plan() {
        TaskGraph graph =
                new TaskGraph("copies").transferToDevice(DataTransferMode.EVERY_EXECUTION, IntArray.fromElements(1));
        return new TornadoExecutionPlan(graph.snapshot());
    }
}
