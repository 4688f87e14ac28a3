package dev.herd.kernels.faulty;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Right kernels on matrix units, and some with a planted fault each, in groups of two warps. */
public final class WarpKernels {
    /** Items of a group. */
    public static final int GROUP = 64;

    private static final int LEFT = 128; // words of 16 by 16 halves
    private static final int RIGHT = 64; // words of 16 by 8 halves

    private WarpKernels() {}

    /** {@code out[16 * warp + i, j] = 0.5 + Σ_k a[warp, i, k] · b[warp, k, j]}, rows of out being 8 long. */
    public static void multiplies(KernelContext context, FloatArray out, IntArray a, IntArray b) {
        int[] left = context.allocateIntLocalArray(2 * LEFT);
        int[] right = context.allocateIntLocalArray(2 * RIGHT);
        int item = context.localIdx;
        int warp = item / 32;
        for (int i = item; i < 2 * LEFT; i += GROUP) {
            left[i] = a.get(i);
        }
        for (int i = item; i < 2 * RIGHT; i += GROUP) {
            right[i] = b.get(i);
        }
        context.localBarrier();
        HalfFloat[] factor = context.mmaLoadA(left, 16, 4 * LEFT * warp);
        HalfFloat[] other = context.mmaLoadB(right, 16, 4 * RIGHT * warp);
        float[] sums = context.mma(factor, other, context.mmaFragment(0.5f), MMAShape.M16N8K16);
        context.mmaStore(sums, out, 16 * warp, 0, 8);
        context.localBarrier();
    }

    /** The same, with the halves of four rows of a in turn the other way round, and the rows of b from the last to the first. */
    public static void multipliesWhatItemsPointAt(KernelContext context, FloatArray out, IntArray a, IntArray b) {
        int[] left = context.allocateIntLocalArray(2 * LEFT);
        int[] right = context.allocateIntLocalArray(2 * RIGHT);
        int item = context.localIdx;
        int warp = item / 32;
        int lane = item % 32;
        for (int i = item; i < 2 * LEFT; i += GROUP) {
            left[i ^ (i / 8 & 4)] = a.get(i);
        }
        for (int i = item; i < 2 * RIGHT; i += GROUP) {
            right[i / RIGHT * RIGHT + (15 - i % RIGHT / 4) * 4 + i % 4] = b.get(i);
        }
        context.localBarrier();
        int swapped = (lane & 4) * (4 - lane / 16 * 8);
        HalfFloat[] factor = context.mmaLoadA(left, 16, 4 * LEFT * warp + swapped);
        HalfFloat[] other = context.mmaLoadB(right, 16, 4 * RIGHT * warp + 16 * (15 - 2 * (lane % 16)));
        float[] sums = context.mma(factor, other, context.mmaFragment(0.5f), MMAShape.M16N8K16);
        context.mmaStore(sums, out, 16 * warp, 0, 8);
        context.localBarrier();
    }

    public static void loadsWhatWasNeverWritten(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(LEFT);
        tile[context.localIdx] = 0;
        context.localBarrier();
        context.mmaLoadA(tile, 16, 0);
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void loadsWithoutABarrier(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(RIGHT);
        tile[context.localIdx] = 0;
        context.localBarrier();
        tile[context.localIdx] = 1;
        context.mmaLoadB(tile, 16, 0);
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void loadsFromAnOddAddress(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(2 * RIGHT);
        tile[context.localIdx] = 0;
        tile[RIGHT + context.localIdx] = 0;
        context.localBarrier();
        context.mmaLoadB(tile, 16, 8);
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void loadsBeyondTheEnd(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(RIGHT);
        tile[context.localIdx] = 0;
        context.localBarrier();
        context.mmaLoadB(tile, 16, context.localIdx == 5 ? 4 * RIGHT : 0);
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void loadsADifferentFactor(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(LEFT);
        tile[context.localIdx] = 0;
        tile[GROUP + context.localIdx] = 0;
        context.localBarrier();
        if (context.localIdx == 7) {
            context.mmaLoadB(tile, 16, 0);
        } else {
            context.mmaLoadA(tile, 16, 0);
        }
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void loadsInTwoPlaces(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(2 * LEFT);
        for (int i = context.localIdx; i < 2 * LEFT; i += GROUP) {
            tile[i] = 0;
        }
        context.localBarrier();
        if (context.localIdx < 16) {
            context.mmaLoadA(tile, 16, 0);
        } else {
            context.mmaLoadA(tile, 16, 4 * LEFT);
        }
        out.set(context.localIdx, 1);
        context.localBarrier();
    }

    public static void multipliesInTwoPlaces(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(LEFT);
        tile[context.localIdx] = 0;
        tile[GROUP + context.localIdx] = 0;
        context.localBarrier();
        HalfFloat[] factor = context.mmaLoadA(tile, 16, 0);
        HalfFloat[] other = context.mmaLoadB(tile, 16, 0);
        float[] sums = context.mmaFragment(0);
        if (context.localIdx < 16) {
            sums = context.mma(factor, other, sums, MMAShape.M16N8K16);
        } else {
            sums = context.mma(factor, other, context.mmaFragment(1), MMAShape.M16N8K16);
        }
        context.mmaStore(sums, out, 0, 0, 8);
        context.localBarrier();
    }

    public static void multipliesWithHalfAWarp(KernelContext context, FloatArray out) {
        int[] tile = context.allocateIntLocalArray(RIGHT);
        tile[context.localIdx] = 0;
        context.localBarrier();
        if (context.localIdx < 48) {
            context.mmaLoadB(tile, 16, 0);
        }
        out.set(context.localIdx, 1);
        context.localBarrier();
    }
}
