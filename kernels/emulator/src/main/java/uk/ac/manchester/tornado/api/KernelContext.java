package uk.ac.manchester.tornado.api;

/** What a work item knows of its place, and how it shares memory with its group. */
public final class KernelContext {
    public final Integer globalIdx;
    public final Integer globalIdy;
    public final Integer globalIdz;
    public final Integer groupIdx;
    public final Integer groupIdy;
    public final Integer groupIdz;
    public final Integer localIdx;
    public final Integer localIdy;
    public final Integer localIdz;
    public final Integer globalGroupSizeX;
    public final Integer globalGroupSizeY;
    public final Integer globalGroupSizeZ;
    public final Integer localGroupSizeX;
    public final Integer localGroupSizeY;
    public final Integer localGroupSizeZ;

    /** Stands for each item's own context in the arguments of a task. */
    public KernelContext() {
        this(new int[3], new int[3], new int[] {1, 1, 1}, new int[] {1, 1, 1});
    }

    /** The context of item {@code local} of group {@code group}; not in TornadoVM's API. */
    public KernelContext(int[] group, int[] local, int[] groups, int[] localSize) {
        globalIdx = group[0] * localSize[0] + local[0];
        globalIdy = group[1] * localSize[1] + local[1];
        globalIdz = group[2] * localSize[2] + local[2];
        groupIdx = group[0];
        groupIdy = group[1];
        groupIdz = group[2];
        localIdx = local[0];
        localIdy = local[1];
        localIdz = local[2];
        globalGroupSizeX = groups[0] * localSize[0];
        globalGroupSizeY = groups[1] * localSize[1];
        globalGroupSizeZ = groups[2] * localSize[2];
        localGroupSizeX = localSize[0];
        localGroupSizeY = localSize[1];
        localGroupSizeZ = localSize[2];
    }

    /** Waits for all items of the group; orders local memory. */
    public void localBarrier() {
        refuse();
    }

    /** Waits for all items of the group; orders what they did in global memory. */
    public void globalBarrier() {
        refuse();
    }

    /** Local memory of the group. */
    public float[] allocateFloatLocalArray(int size) {
        refuse();
        return new float[size];
    }

    /** Local memory of the group. */
    public int[] allocateIntLocalArray(int size) {
        refuse();
        return new int[size];
    }

    private static void refuse() {
        throw new IllegalStateException("kernels are run through a task graph");
    }
}
