package dev.herd.kernels.emulator;

import java.io.Serializable;
import java.util.Arrays;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** One kernel over a grid of work groups. */
public final class Launch {
    private static final Object ONE_AT_A_TIME = new Object();
    private static final int DIMENSIONS = 3;

    private final Kernel kernel;
    private final Object[] arguments;
    private final int[] groups = new int[DIMENSIONS];
    private final int[] localSize = new int[DIMENSIONS];

    /**
     * @param task what the grid is registered under, for messages
     * @param reference the kernel, as a reference to a static method
     * @param arguments its arguments; a {@link KernelContext} among them is replaced by each item's own
     */
    public Launch(String task, Serializable reference, Object[] arguments, WorkerGrid grid) {
        this.kernel = Kernel.of(reference);
        this.arguments = arguments.clone();
        long[] local = grid.getLocalWork();
        if (local == null) {
            throw new IllegalArgumentException("the grid of " + task + " has no local size");
        }
        for (int d = 0; d < DIMENSIONS; d++) {
            long global = grid.getGlobalWork()[d];
            if (local[d] < 1 || global < 1 || global % local[d] != 0) {
                throw new IllegalArgumentException(
                        "the grid of " + task + " has " + Arrays.toString(grid.getGlobalWork())
                                + " items, which are no whole groups of " + Arrays.toString(local));
            }
            groups[d] = Math.toIntExact(global / local[d]);
            localSize[d] = Math.toIntExact(local[d]);
        }
    }

    /** Runs all groups, on the memory that the arrays have now. */
    public void run() {
        synchronized (ONE_AT_A_TIME) {
            WorkGroup.LOCAL.beginLaunch();
            WorkGroup.GLOBAL.beginLaunch();
            for (int i = 0; i < arguments.length; i++) {
                if (arguments[i] instanceof TornadoNativeArray array) {
                    array.watch().rename(kernel.parameters().get(i));
                }
            }
            try {
                runGroups();
            } finally {
                for (Object argument : arguments) {
                    if (argument instanceof TornadoNativeArray array) {
                        array.unwatch();
                    }
                }
            }
        }
    }

    private void runGroups() {
        int size = localSize[0] * localSize[1] * localSize[2];
        WorkGroup group = new WorkGroup(kernel.name(), size);
        int[] id = new int[DIMENSIONS];
        for (id[2] = 0; id[2] < groups[2]; id[2]++) {
            for (id[1] = 0; id[1] < groups[1]; id[1]++) {
                for (id[0] = 0; id[0] < groups[0]; id[0]++) {
                    group.run("(" + id[0] + ", " + id[1] + ", " + id[2] + ")", item -> item(id, item));
                }
            }
        }
    }

    private Runnable item(int[] group, int item) {
        int[] local = {item % localSize[0], item / localSize[0] % localSize[1], item / (localSize[0] * localSize[1])};
        Object[] own = arguments.clone();
        for (int i = 0; i < own.length; i++) {
            if (own[i] instanceof KernelContext) {
                own[i] = new KernelContext(group, local, groups, localSize);
            }
        }
        return () -> {
            try {
                kernel.body().invokeExact(own);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        };
    }
}
