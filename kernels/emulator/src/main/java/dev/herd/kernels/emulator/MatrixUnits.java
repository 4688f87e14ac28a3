package dev.herd.kernels.emulator;

import java.util.Arrays;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * What a warp computes on matrix units, as PTX defines {@code ldmatrix} and {@code mma.m16n8k16}: products of halves, added
 * in float. Rewritten kernels call it in place of {@link KernelContext}'s methods.
 *
 * <p>A factor is held whole by each item here, {@code [16, 16]} or {@code [16, 8]}, row-major, where a device has four or
 * eight of its elements in each; kernels cannot look into it, so that makes no difference. The elements of local memory that
 * an item of a device would receive are noted as read by that item. Of sums each item has its own four: two neighbours of row
 * {@code lane / 4} from column {@code 2 * (lane % 4)} on, and those eight rows below.
 */
public final class MatrixUnits {
    private static final int ROWS = 16;
    private static final int COLUMNS = 8;
    private static final int DEPTH = 16;
    private static final int ALIGNMENT = 16;

    private MatrixUnits() {}

    /** {@link KernelContext#mmaFragment}. */
    public static float[] mmaFragment(KernelContext context, float value) {
        float[] sums = new float[4];
        Arrays.fill(sums, value);
        return sums;
    }

    /** {@link KernelContext#mmaLoadA}. */
    public static HalfFloat[] mmaLoadA(KernelContext context, int[] tile, int depth, int byteOffset) {
        AccessLog log = local(tile, "mmaLoadA", byteOffset);
        int item = WorkGroup.touching();
        int lane = item % Warps.SIZE;
        int from = byteOffset / Integer.BYTES;
        for (int part = 0; part < 4; part++) {
            log.read(from + ((part & 1) * 8 + lane / 4) * (DEPTH / 2) + (part >> 1) * 4 + lane % 4);
        }
        return (HalfFloat[]) WorkGroup.warps()
                .together(item, "mmaLoadA", tile, tile, new int[] {byteOffset}, () -> halves(tile, from, ROWS * DEPTH));
    }

    /** {@link KernelContext#mmaLoadB}. */
    public static HalfFloat[] mmaLoadB(KernelContext context, int[] tile, int depth, int byteOffset) {
        AccessLog log = local(tile, "mmaLoadB", byteOffset);
        int item = WorkGroup.touching();
        int lane = item % Warps.SIZE;
        int from = byteOffset / Integer.BYTES;
        for (int part = 0; part < 4; part++) {
            int row = (part >> 1) * 8 + 2 * (lane % 4) + (part & 1);
            log.read(from + row * (COLUMNS / 2) + lane / 8);
        }
        return (HalfFloat[]) WorkGroup.warps()
                .together(
                        item,
                        "mmaLoadB",
                        tile,
                        tile,
                        new int[] {byteOffset},
                        () -> halves(tile, from, DEPTH * COLUMNS));
    }

    private static AccessLog local(int[] tile, String what, int byteOffset) {
        AccessLog log = WorkGroup.log(tile);
        if (log == null) {
            throw WorkGroup.fault("calls " + what + " of an array that is not in local memory");
        }
        if (byteOffset % ALIGNMENT != 0) {
            throw WorkGroup.fault(
                    "calls " + what + " at byte " + byteOffset + ", which is no multiple of " + ALIGNMENT);
        }
        return log;
    }

    private static HalfFloat[] halves(int[] tile, int from, int count) {
        HalfFloat[] halves = new HalfFloat[count];
        for (int i = 0; i < count; i++) {
            halves[i] = new HalfFloat((short) (tile[from + i / 2] >> (16 * (i % 2))));
        }
        return halves;
    }

    /** {@link KernelContext#mma}. */
    public static float[] mma(KernelContext context, HalfFloat[] a, HalfFloat[] b, float[] sums, MMAShape shape) {
        if (a.length != ROWS * DEPTH || b.length != DEPTH * COLUMNS) {
            throw WorkGroup.fault("calls mma with factors that are not a left and a right one");
        }
        int item = WorkGroup.touching();
        WorkGroup.warps().together(item, "mma", a, b, new int[0], () -> shape);
        int lane = item % Warps.SIZE;
        float[] result = new float[4];
        for (int i = 0; i < 4; i++) {
            int row = lane / 4 + 8 * (i >> 1);
            int column = 2 * (lane % 4) + (i & 1);
            double sum = sums[i];
            for (int k = 0; k < DEPTH; k++) {
                sum += (double) a[row * DEPTH + k].getFloat32() * b[k * COLUMNS + column].getFloat32();
            }
            result[i] = (float) sum;
        }
        return result;
    }

    /** {@link KernelContext#mmaStore}. */
    public static void mmaStore(KernelContext context, float[] sums, FloatArray out, int row, int column, int stride) {
        int item = WorkGroup.touching();
        WorkGroup.warps().together(item, "mmaStore", out, out, new int[] {row, column, stride}, () -> out);
        int lane = item % Warps.SIZE;
        for (int i = 0; i < 4; i++) {
            int toRow = row + lane / 4 + 8 * (i >> 1);
            out.set(toRow * stride + column + 2 * (lane % 4) + (i & 1), sums[i]);
        }
    }
}
