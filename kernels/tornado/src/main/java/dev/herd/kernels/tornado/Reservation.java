package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Computes nothing, takes arrays as arguments and leaves them alone: TornadoVM gives an array memory on the device when a task
 * first takes it, and graphs can only share what has memory. One group of one item, no traffic, no twin.
 */
final class Reservation {
    private Reservation() {}

    static WorkerGrid grid() {
        return Grids.groups(1, 1);
    }

    /** Writes nothing, since counts are never negative; the compiler does not know that. */
    static void ints(KernelContext context, IntArray step, IntArray array) {
        if (step.get(context.globalIdx) < 0) {
            array.set(0, 0);
        }
    }

    /** The same for floats. */
    static void floats(KernelContext context, IntArray step, FloatArray array) {
        if (step.get(context.globalIdx) < 0) {
            array.set(0, 0f);
        }
    }
}
