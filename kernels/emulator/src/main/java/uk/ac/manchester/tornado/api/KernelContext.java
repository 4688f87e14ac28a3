package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

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

    /** A warp's sums of 16 rows and 8 columns, all {@code value}. */
    public float[] mmaFragment(float value) {
        refuse();
        return new float[0];
    }

    /**
     * A warp's left factor of 16 by 16 halves: rows of 32 bytes, one after the other, from {@code byteOffset} on, two halves
     * to an int. Items need not agree on where that is: item l says it for eight halves of row l % 16, the first ones or, from
     * item 16 on, the others.
     */
    public HalfFloat[] mmaLoadA(int[] tile, int depth, int byteOffset) {
        refuse();
        return new HalfFloat[0];
    }

    /**
     * A warp's right factor of 16 by 8 halves: 16 rows of 16 bytes, one after the other, from {@code byteOffset} on, two
     * halves to an int. Items need not agree on where that is: item l says it for row l % 16, and the last 16 are not asked.
     */
    public HalfFloat[] mmaLoadB(int[] tile, int depth, int byteOffset) {
        refuse();
        return new HalfFloat[0];
    }

    /** {@code sums + a · b}, added in float. */
    public float[] mma(HalfFloat[] a, HalfFloat[] b, float[] sums, MMAShape shape) {
        refuse();
        return new float[0];
    }

    /** Writes a warp's sums to rows from {@code row} and columns from {@code column} on of rows of {@code stride}. */
    public void mmaStore(float[] sums, FloatArray out, int row, int column, int stride) {
        refuse();
    }

    private static void refuse() {
        throw new IllegalStateException("kernels are run through a task graph");
    }
}
