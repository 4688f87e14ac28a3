package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
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
                    ? TornadoDevices.emulated(Capabilities.ALL, line -> {})
                    : new TornadoProvider().open(Optional.empty(), line -> {}));

    /** Plans that are kept: to make one costs as much as to run it many times. */
    private static final int KEPT = 64;

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final LinkedHashMap<String, Prepared> PREPARED = new LinkedHashMap<>(2 * KEPT, 0.75f, true);

    private Device() {}

    /** Runs a kernel; all arrays among its arguments are copied to the device before and back after. */
    static synchronized void run(KernelCall call) {
        if (DEVICE.library() instanceof KernelLibrary.Java) {
            Prepared prepared = prepare(call);
            prepared.plan().execute();
            close(prepared.plan());
            return;
        }
        List<TornadoNativeArray> arrays = arrays(call);
        String key = call.key()
                + Arrays.toString(call.grid().apply(1).getGlobalWork())
                + arrays.stream().map(TornadoNativeArray::getSize).toList();
        Prepared prepared = PREPARED.computeIfAbsent(key, absent -> prepare(withArraysOfItsOwn(call)));
        copy(arrays, prepared.arrays());
        prepared.plan().execute();
        copy(prepared.arrays(), arrays);
        if (PREPARED.size() > KEPT) {
            close(PREPARED.pollFirstEntry().getValue().plan());
        }
    }

    /** For libraries that take arguments from the call and not from its Java. */
    private static KernelCall withArraysOfItsOwn(KernelCall call) {
        List<Object> arguments = call.arguments().stream()
                .map(argument -> switch (argument) {
                    case FloatArray floats -> new FloatArray(floats.getSize());
                    case IntArray ints -> new IntArray(ints.getSize());
                    default -> argument;
                })
                .toList();
        return new KernelCall(call.kernel(), arguments, call.java(), call.grid(), call.groupsHeld());
    }

    private static Prepared prepare(KernelCall call) {
        String name = "g" + NUMBER.incrementAndGet();
        List<TornadoNativeArray> arrays = arrays(call);
        KernelLibrary library = DEVICE.library();
        library.prepare(List.of(call));
        TaskGraph graph = new TaskGraph(name).transferToDevice(DataTransferMode.EVERY_EXECUTION, arrays.toArray());
        library.add(graph, "t", call);
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, arrays.toArray());
        TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot());
        GridScheduler grids = new GridScheduler(name + ".t", call.grid().apply(1));
        return new Prepared(arrays, plan.withGridScheduler(grids));
    }

    private static List<TornadoNativeArray> arrays(KernelCall call) {
        return call.arguments().stream()
                .filter(TornadoNativeArray.class::isInstance)
                .map(TornadoNativeArray.class::cast)
                .toList();
    }

    private static void copy(List<TornadoNativeArray> from, List<TornadoNativeArray> to) {
        for (int i = 0; i < from.size(); i++) {
            to.get(i).getSegment().copyFrom(from.get(i).getSegment());
        }
    }

    private static void close(TornadoExecutionPlan plan) {
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A plan and its arrays. */
    private record Prepared(List<TornadoNativeArray> arrays, TornadoExecutionPlan plan) {}

    /**
     * Whether the device multiplies few tokens with {@code dp4a}. CUDA's and the emulator do, or it is a mistake; others take the
     * portable forms and are not tested with kernels that they never get.
     */
    static boolean hasDp4a() {
        return has(DEVICE.library().capabilities().hasDp4a());
    }

    /** Whether it multiplies many tokens on matrix units; the same holds. */
    static boolean hasMma() {
        return has(DEVICE.library().capabilities().hasMma());
    }

    private static boolean has(boolean isDeclared) {
        boolean isOther = !List.of("CUDA", "emulator").contains(DEVICE.facts().backend());
        assertThat(isDeclared).as("what %s can", DEVICE.facts()).isNotEqualTo(isOther);
        return isDeclared;
    }

    /** A step in which every count is {@code count}. */
    static IntArray step(int count) {
        IntArray step = new IntArray(Step.SIZE);
        step.init(count);
        return step;
    }
}
