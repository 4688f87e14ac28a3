package dev.herd.kernels.tornado;

import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * CUDA graphs of whole steps (ADR 0018). TornadoVM's own ({@code withCUDAGraph}) end with each task graph, after which the host
 * waits; so what it makes them with is used here.
 */
final class CudaRecorder implements Recorder {
    private final CudaGraphs cuda;
    private final long bytesPerKernel;
    private @Nullable TornadoExecutionPlan recording;

    /** @param bytesPerKernel what the driver takes for each kernel of a graph */
    CudaRecorder(CudaGraphs cuda, long bytesPerKernel) {
        this.cuda = cuda;
        this.bytesPerKernel = bytesPerKernel;
    }

    @Override
    public void lock(TornadoNativeArray array) {
        long bytes = array.getNumBytesOfSegmentWithHeader();
        int result = cuda.lock(address(array), bytes);
        if (result != 0) {
            throw new IllegalStateException("the driver does not lock " + bytes
                    + " bytes of the machine's memory, which CUDA graphs want (error " + result + "); -D"
                    + TornadoDevices.CUDA_GRAPHS + "=false does without");
        }
    }

    @Override
    public void unlock(TornadoNativeArray array) {
        int result = cuda.unlock(address(array));
        if (result != 0) {
            throw new IllegalStateException("the driver does not unlock memory (error " + result + ")");
        }
    }

    private static long address(TornadoNativeArray array) {
        return array.getSegmentWithHeader().address();
    }

    @Override
    public long bytesPerKernel() {
        return bytesPerKernel;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // a plan is that plan or another
    public void run(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
        if (recording != null && recording != plan) {
            throw new IllegalStateException("a graph of one plan within a recording of another");
        }
        TornadoExecutionPlan chosen = GraphPlan.select(plan, graph, grids);
        if (recording == null) {
            chosen.execute();
        } else {
            // Only then does TornadoVM not wait for the device, which would end the recording; there is one queue
            // nevertheless.
            chosen.withIntraPlanConcurrency();
            chosen.execute();
            chosen.withoutIntraPlanConcurrency();
        }
    }

    /** What fails while it is recorded ends the recording, and nothing is left of it. */
    @Override
    public Recording record(TornadoExecutionPlan plan, Runnable graphs) {
        long id = plan.getId();
        cuda.begin(id);
        recording = plan;
        try {
            graphs.run();
        } catch (RuntimeException | Error failure) {
            abandon(id, failure);
            throw failure;
        } finally {
            recording = null;
        }
        cuda.setConcurrent(id, false);
        return new CudaGraph(cuda, id, end(id));
    }

    /**
     * Ends a recording. TornadoVM writes what its kernels are told behind the end of one that works out, and of one that does
     * not keeps that for the next on the device, whosever it is: by then this plan's memory may be another's. So an empty
     * recording follows at once, with which it is written while the plan is there, and no harm is done.
     */
    private long end(long plan) {
        try {
            return cuda.end(plan);
        } catch (RuntimeException | Error failure) {
            try {
                cuda.begin(plan);
                cuda.destroy(cuda.end(plan));
            } catch (RuntimeException | Error another) {
                failure.addSuppressed(another);
            }
            throw failure;
        }
    }

    /** A driver that refuses to end what has failed leaves nothing to destroy; it says so beside the failure. */
    private void abandon(long plan, Throwable failure) {
        try {
            cuda.setConcurrent(plan, false);
            cuda.destroy(end(plan));
        } catch (RuntimeException | Error another) {
            failure.addSuppressed(another);
        }
    }

    /**
     * A recording.
     *
     * @param handle the driver's name of it
     */
    private record CudaGraph(CudaGraphs cuda, long plan, long handle) implements Recording {
        @Override
        public void repeat() {
            cuda.launch(plan, handle);
        }

        @Override
        public void close() {
            cuda.destroy(handle);
        }
    }
}
