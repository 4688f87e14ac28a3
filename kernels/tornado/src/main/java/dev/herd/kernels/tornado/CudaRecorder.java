package dev.herd.kernels.tornado;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * CUDA graphs of whole steps (ADR 0018). TornadoVM's own ({@code withCUDAGraph}) end with each task graph, after which the host
 * waits; its devices offer what it makes them with, to whoever names the plan, and that is used here: methods of
 * {@code TornadoXPUDevice}, which TornadoVM's API does not have, so they are looked up.
 */
final class CudaRecorder implements Recorder {
    private static final String DEVICE = "uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice";
    private static final String CONTEXTS = "uk.ac.manchester.tornado.drivers.cuda.CUDADeviceContextInterface";
    private static final String CONTEXT = "uk.ac.manchester.tornado.drivers.cuda.CUDAContext";

    private final MethodHandle begin; // (plan)
    private final MethodHandle end; // (plan) -> recording
    private final MethodHandle launch; // (plan, recording) -> event
    private final MethodHandle concurrent; // (plan, whether)
    private final MethodHandle destroy; // (recording)
    private final MethodHandle lock; // (address, bytes) -> CUresult
    private final MethodHandle unlock; // (address) -> CUresult
    private boolean isRecording;

    /** @throws ReflectiveOperationException if this TornadoVM has other methods */
    CudaRecorder(TornadoDevice device) throws ReflectiveOperationException {
        ClassLoader loader = device.getClass().getClassLoader();
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        Class<?> type = Class.forName(DEVICE, false, loader);
        begin = bound(lookup, type, device, "beginExecutionGraphCapture", void.class, long.class);
        end = bound(lookup, type, device, "endExecutionGraphCaptureAndInstantiate", long.class, long.class);
        launch = bound(lookup, type, device, "launchExecutionGraph", int.class, long.class, long.class);
        concurrent = bound(lookup, type, device, "setIntraPlanConcurrency", void.class, long.class, boolean.class);
        destroy = bound(lookup, type, device, "destroyExecutionGraph", void.class, long.class);
        Object contexts = device.getClass().getMethod("getDeviceContext").invoke(device);
        Object context = Class.forName(CONTEXTS, false, loader)
                .getMethod("getPlatformContext")
                .invoke(contexts);
        Class<?> contextType = Class.forName(CONTEXT, false, loader);
        lock = bound(lookup, contextType, context, "registerPinnedMemory", int.class, long.class, long.class);
        unlock = bound(lookup, contextType, context, "unregisterPinnedMemory", int.class, long.class);
    }

    private static MethodHandle bound(
            MethodHandles.Lookup lookup,
            Class<?> type,
            Object receiver,
            String name,
            Class<?> result,
            Class<?>... arguments)
            throws ReflectiveOperationException {
        return lookup.findVirtual(type, name, MethodType.methodType(result, arguments))
                .bindTo(receiver);
    }

    @Override
    public void lock(TornadoNativeArray array) {
        long bytes = array.getNumBytesOfSegmentWithHeader();
        long result = call(() -> (int) lock.invokeExact(address(array), bytes));
        if (result != 0) {
            throw new IllegalStateException("the driver does not lock " + bytes
                    + " bytes of the machine's memory, which CUDA graphs want (error " + result + "); -D"
                    + TornadoDevices.CUDA_GRAPHS + "=false does without");
        }
    }

    @Override
    public void unlock(TornadoNativeArray array) {
        long result = call(() -> (int) unlock.invokeExact(address(array)));
        if (result != 0) {
            throw new IllegalStateException("the driver does not unlock memory (error " + result + ")");
        }
    }

    private static long address(TornadoNativeArray array) {
        return array.getSegmentWithHeader().address();
    }

    @Override
    public void run(TornadoExecutionPlan plan, int graph, GridScheduler grids) {
        TornadoExecutionPlan chosen = GraphPlan.select(plan, graph, grids);
        if (isRecording) {
            // Only then does TornadoVM not wait for the device, which would end the recording; there is one queue
            // nevertheless.
            chosen.withIntraPlanConcurrency();
            chosen.execute();
            chosen.withoutIntraPlanConcurrency();
        } else {
            chosen.execute();
        }
    }

    @Override
    public Recording record(TornadoExecutionPlan plan, Runnable graphs) {
        long id = plan.getId();
        call(() -> {
            begin.invokeExact(id);
            return 0;
        });
        long handle;
        isRecording = true;
        try {
            graphs.run();
        } finally {
            isRecording = false;
            call(() -> {
                concurrent.invokeExact(id, false);
                return 0;
            });
            handle = call(() -> (long) end.invokeExact(id));
        }
        return new Recording() {
            @Override
            public void repeat() {
                call(() -> (int) launch.invokeExact(id, handle));
            }

            @Override
            public void close() {
                call(() -> {
                    destroy.invokeExact(handle);
                    return 0;
                });
            }
        };
    }

    /** A call into TornadoVM; what yields nothing yields 0. */
    @FunctionalInterface
    private interface Call {
        long run() throws Throwable;
    }

    private static long call(Call call) {
        try {
            return call.run();
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) { // none of these methods declares any
            throw new IllegalStateException(impossible);
        }
    }
}
