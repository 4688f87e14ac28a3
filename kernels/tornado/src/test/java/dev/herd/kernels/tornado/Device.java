package dev.herd.kernels.tornado;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Runs single kernels on the emulator, or on the device of the SDK if the property {@code herd.test.backend} is
 * {@code tornado}; there each distinct kernel is compiled once for all tests.
 */
final class Device {
    static final KernelContext CONTEXT = new KernelContext();

    /** What is to compute. */
    static final String BACKEND = System.getProperty("herd.test.backend", "emulator");

    static final GraphDevice DEVICE = (GraphDevice)
            (BACKEND.equals("emulator")
                    ? TornadoDevices.emulated(line -> {})
                    : new TornadoProvider().open(Optional.empty(), line -> {}));

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Device() {}

    /** Runs a kernel; all arrays among its arguments are copied to the device before and back after. */
    static void run(KernelCall call) {
        String name = "g" + NUMBER.incrementAndGet();
        Object[] arrays = call.arguments().stream()
                .filter(TornadoNativeArray.class::isInstance)
                .toArray();
        KernelLibrary library = DEVICE.library();
        library.prepare(List.of(call));
        TaskGraph graph = new TaskGraph(name).transferToDevice(DataTransferMode.EVERY_EXECUTION, arrays);
        library.add(graph, "t", call);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, arrays);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withGridScheduler(new GridScheduler(name + ".t", call.grid().apply(1)))
                    .execute();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A step in which every count is {@code count}. */
    static IntArray step(int count) {
        IntArray step = new IntArray(Step.SIZE);
        step.init(count);
        return step;
    }
}
