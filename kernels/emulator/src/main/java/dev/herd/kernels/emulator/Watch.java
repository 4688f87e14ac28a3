package dev.herd.kernels.emulator;

import uk.ac.manchester.tornado.api.KernelContext;

/** What a rewritten kernel calls in place of array instructions and of what needs a name or a line. */
public final class Watch {
    private Watch() {}

    /** {@code array[index]}. */
    public static float load(float[] array, int index) {
        AccessLog log = WorkGroup.log(array);
        if (log != null) {
            log.read(index);
        }
        return array[index];
    }

    /** {@code array[index]}. */
    public static int load(int[] array, int index) {
        AccessLog log = WorkGroup.log(array);
        if (log != null) {
            log.read(index);
        }
        return array[index];
    }

    /** {@code array[index] = value}. */
    public static void store(float[] array, int index, float value) {
        AccessLog log = WorkGroup.log(array);
        if (log != null) {
            log.write(index);
        }
        array[index] = value;
    }

    /** {@code array[index] = value}. */
    public static void store(int[] array, int index, int value) {
        AccessLog log = WorkGroup.log(array);
        if (log != null) {
            log.write(index);
        }
        array[index] = value;
    }

    /** {@link KernelContext#allocateFloatLocalArray}. */
    public static float[] allocateFloats(KernelContext context, int size, String name) {
        return (float[]) WorkGroup.allocate(name, size, float[]::new).values();
    }

    /** {@link KernelContext#allocateIntLocalArray}. */
    public static int[] allocateInts(KernelContext context, int size, String name) {
        return (int[]) WorkGroup.allocate(name, size, int[]::new).values();
    }

    /** {@link KernelContext#localBarrier}. */
    public static void localBarrier(KernelContext context, int line) {
        WorkGroup.await(line, false);
    }

    /** {@link KernelContext#globalBarrier}. */
    public static void globalBarrier(KernelContext context, int line) {
        WorkGroup.await(line, true);
    }
}
