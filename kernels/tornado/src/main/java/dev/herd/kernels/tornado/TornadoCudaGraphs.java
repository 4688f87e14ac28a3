package dev.herd.kernels.tornado;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** {@link CudaGraphs} by methods of {@code TornadoXPUDevice}, which TornadoVM's API does not have, so they are looked up. */
final class TornadoCudaGraphs implements CudaGraphs {
    private static final String DEVICE = "uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice";
    private static final String CONTEXTS = "uk.ac.manchester.tornado.drivers.cuda.CUDADeviceContextInterface";
    private static final String CONTEXT = "uk.ac.manchester.tornado.drivers.cuda.CUDAContext";

    private final MethodHandle begin; // (plan)
    private final MethodHandle end; // (plan) -> graph
    private final MethodHandle launch; // (plan, graph) -> event
    private final MethodHandle destroy; // (graph)
    private final MethodHandle concurrent; // (plan, whether)
    private final MethodHandle lock; // (address, bytes) -> CUresult
    private final MethodHandle unlock; // (address) -> CUresult

    /** @throws ReflectiveOperationException if this TornadoVM has other methods */
    TornadoCudaGraphs(TornadoDevice device) throws ReflectiveOperationException {
        ClassLoader loader = device.getClass().getClassLoader();
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        Class<?> type = Class.forName(DEVICE, false, loader);
        begin = bound(lookup, type, device, "beginExecutionGraphCapture", void.class, long.class);
        end = bound(lookup, type, device, "endExecutionGraphCaptureAndInstantiate", long.class, long.class);
        launch = bound(lookup, type, device, "launchExecutionGraph", int.class, long.class, long.class);
        destroy = bound(lookup, type, device, "destroyExecutionGraph", void.class, long.class);
        concurrent = bound(lookup, type, device, "setIntraPlanConcurrency", void.class, long.class, boolean.class);
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
    public void begin(long plan) {
        call(() -> {
            begin.invokeExact(plan);
            return 0;
        });
    }

    @Override
    public long end(long plan) {
        return call(() -> (long) end.invokeExact(plan));
    }

    @Override
    public void launch(long plan, long graph) {
        call(() -> (int) launch.invokeExact(plan, graph));
    }

    @Override
    public void destroy(long graph) {
        call(() -> {
            destroy.invokeExact(graph);
            return 0;
        });
    }

    @Override
    public void setConcurrent(long plan, boolean isConcurrent) {
        call(() -> {
            concurrent.invokeExact(plan, isConcurrent);
            return 0;
        });
    }

    @Override
    public int lock(long address, long bytes) {
        return (int) call(() -> (int) lock.invokeExact(address, bytes));
    }

    @Override
    public int unlock(long address) {
        return (int) call(() -> (int) unlock.invokeExact(address));
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
