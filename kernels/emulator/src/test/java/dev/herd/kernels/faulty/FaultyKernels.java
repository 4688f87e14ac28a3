package dev.herd.kernels.faulty;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Kernels with a planted fault each, in groups of four, and right ones; not in the emulator's package, which is not rewritten. */
public final class FaultyKernels {
    /** Items of a group. */
    public static final int GROUP = 4;

    private FaultyKernels() {}

    public static void readsBeyondTheEnd(KernelContext context, FloatArray out, FloatArray x) {
        int i = context.globalIdx;
        out.set(i, x.get(i + 1));
    }

    public static void writesBeforeTheStart(KernelContext context, IntArray out) {
        out.set(context.globalIdx - 1, 7);
    }

    public static void leavesLocalMemory(KernelContext context, FloatArray out) {
        float[] shared = context.allocateFloatLocalArray(GROUP);
        shared[context.localIdx + 1] = 1;
        out.set(context.globalIdx, 1);
    }

    public static void readsWhatWasNeverWritten(KernelContext context, FloatArray out) {
        float[] shared = context.allocateFloatLocalArray(GROUP);
        if (context.localIdx > 0) {
            shared[context.localIdx] = 1;
        }
        out.set(context.globalIdx, shared[context.localIdx]);
    }

    /** Only group 0 writes; to group 1 the memory is new. */
    public static void readsWhatAnotherGroupWrote(KernelContext context, FloatArray out) {
        int[] shared = context.allocateIntLocalArray(GROUP);
        if (context.groupIdx == 0) {
            shared[context.localIdx] = 1;
        }
        out.set(context.globalIdx, shared[context.localIdx]);
    }

    public static void leavesBeforeTheBarrier(KernelContext context, FloatArray out) {
        if (context.localIdx < 2) {
            context.localBarrier();
        }
        out.set(context.globalIdx, 1);
    }

    @SuppressWarnings("DuplicateBranches") // the fault
    public static void meetsAtDifferentBarriers(KernelContext context, FloatArray out) {
        if (context.localIdx < 2) {
            context.localBarrier();
        } else {
            context.localBarrier();
        }
        out.set(context.globalIdx, 1);
    }

    public static void readsItsNeighbourTooSoon(KernelContext context, FloatArray out) {
        float[] shared = context.allocateFloatLocalArray(GROUP);
        shared[context.localIdx] = context.localIdx;
        if (context.localIdx > 0) {
            out.set(context.globalIdx, shared[context.localIdx - 1]);
        }
    }

    public static void overwritesWhatOthersStillRead(KernelContext context, FloatArray out) {
        float[] shared = context.allocateFloatLocalArray(GROUP);
        shared[context.localIdx] = context.localIdx;
        context.localBarrier();
        float sum = shared[0] + shared[1] + shared[2] + shared[3];
        shared[context.localIdx] = sum;
        out.set(context.globalIdx, sum);
        context.localBarrier();
    }

    public static void sharesThroughGlobalMemory(KernelContext context, FloatArray out) {
        out.set(context.globalIdx, 1);
        context.localBarrier();
        float neighbour = out.get(context.groupIdx * GROUP + (context.localIdx + 1) % GROUP);
        context.globalBarrier();
        out.set(context.globalIdx, neighbour);
    }

    public static void allGroupsWriteOneElement(KernelContext context, FloatArray out) {
        if (context.localIdx == 0) {
            out.set(0, context.groupIdx);
        }
    }

    /** All read element 0; then one group writes it. */
    public static void writesWhatOtherGroupsRead(KernelContext context, FloatArray out) {
        float first = out.get(0);
        if (context.globalIdx == 2 * GROUP - 1) {
            out.set(0, first + 1);
        }
    }

    public static void allocatesDifferentSizes(KernelContext context, FloatArray out) {
        float[] shared = context.allocateFloatLocalArray(GROUP + context.localIdx);
        shared[context.localIdx] = 1;
        out.set(context.globalIdx, shared[context.localIdx]);
    }

    public static void divides(KernelContext context, IntArray out) {
        out.set(context.globalIdx, 1 / (context.globalIdx - 5));
    }

    /** Sums a group's elements, with every barrier that is needed, twice over the same memory. */
    public static void sums(KernelContext context, FloatArray out, FloatArray x) {
        float[] shared = context.allocateFloatLocalArray(GROUP);
        float[] own = new float[2];
        for (int round = 0; round < 2; round++) {
            shared[context.localIdx] = x.get(context.globalIdx) + round;
            context.localBarrier();
            float sum = 0;
            for (int i = 0; i < GROUP; i++) {
                sum += shared[i];
            }
            own[round] = sum;
            context.localBarrier();
        }
        out.set(context.globalIdx, own[0] + own[1]);
        context.localBarrier();
    }

    public static void goesOnAfterTheLastBarrier(KernelContext context, FloatArray out) {
        out.set(context.globalIdx, 1);
        context.localBarrier();
        if (context.localIdx == 2) {
            out.set(context.globalIdx, 2);
        }
    }

    /** Neighbours exchange elements through global memory, with barriers of that kind. */
    public static void swaps(KernelContext context, FloatArray x) {
        int neighbour = context.groupIdx * GROUP + (context.localIdx ^ 1);
        float other = x.get(neighbour);
        context.globalBarrier();
        x.set(context.globalIdx, other);
        context.localBarrier();
    }

    public static void tellsWhereItIs(KernelContext context, IntArray out) {
        int i = (context.globalIdz * context.globalGroupSizeY + context.globalIdy) * context.globalGroupSizeX
                + context.globalIdx;
        int group = context.groupIdz * 100 + context.groupIdy * 10 + context.groupIdx;
        int local = context.localIdz * 100 + context.localIdy * 10 + context.localIdx;
        int size = context.localGroupSizeZ * 100 + context.localGroupSizeY * 10 + context.localGroupSizeX;
        out.set(i, group * 1_000_000 + local * 1000 + size);
    }

    public static void twice(KernelContext context, FloatArray out, FloatArray in) {
        int i = context.globalIdx;
        out.set(i, 2 * in.get(i));
    }
}
