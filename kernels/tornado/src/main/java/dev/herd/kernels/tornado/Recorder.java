package dev.herd.kernels.tornado;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Records what runs of graphs put onto the device's queue, so that it can be repeated as one piece of work, without TornadoVM
 * going through its graphs again. A recording repeats the same kernels with the same grids over the same arrays; copies
 * take what the arrays hold when it is repeated. There is one for a device, and while it records, no other thread may have the
 * device do anything: {@link GraphPlan} sees to that.
 */
interface Recorder {
    /** Has the pages of an array stay where they are, for recorded copies from and to the host; no other array may have them. */
    void lock(TornadoNativeArray array);

    /** Undoes {@link #lock}. */
    void unlock(TornadoNativeArray array);

    /** Runs one graph of a plan, or records it while {@link #record} is under way. */
    void run(TornadoExecutionPlan plan, int graph, GridScheduler grids);

    /**
     * Records what {@code graphs} runs; nothing of it is computed now. All of them must have run before, so that nothing is left
     * to be allocated or compiled.
     */
    Recording record(TornadoExecutionPlan plan, Runnable graphs);

    /** Bytes of the device's memory that a recording takes for each kernel. */
    long bytesPerKernel();

    /** What was recorded. */
    interface Recording extends AutoCloseable {
        /** Does it once more, and waits until it is done. */
        void repeat();

        @Override
        void close();
    }

    /**
     * As a device records, for the emulator, which has no queue: graphs and their grids, in their order. What would end a device's
     * recording is refused.
     */
    final class Emulated implements Recorder {
        private @Nullable List<Runnable> recorded;
        private volatile @Nullable Thread recording;

        @Override
        public void lock(TornadoNativeArray array) {}

        @Override
        public void unlock(TornadoNativeArray array) {}

        @Override
        public void run(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
            Thread thread = recording;
            if (thread != null && thread != Thread.currentThread()) {
                throw new IllegalStateException("another thread is recording, which this would end");
            }
            if (recorded == null) {
                GraphPlan.select(plan, graph, grids).execute();
            } else {
                recorded.add(() -> GraphPlan.select(plan, graph, grids).execute());
            }
        }

        @Override
        public long bytesPerKernel() {
            return 0;
        }

        @Override
        public Recording record(TornadoExecutionPlan plan, Runnable graphs) {
            List<Runnable> all = new ArrayList<>();
            recorded = all;
            recording = Thread.currentThread();
            try {
                graphs.run();
            } finally {
                recording = null;
                recorded = null;
            }
            return new Recording() {
                @Override
                public void repeat() {
                    all.forEach(Runnable::run);
                }

                @Override
                public void close() {}
            };
        }
    }
}
