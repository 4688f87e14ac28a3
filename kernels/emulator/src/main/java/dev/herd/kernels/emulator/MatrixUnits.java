package dev.herd.kernels.emulator;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
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
    private static final int HALF = Short.BYTES;

    /** Bytes that an item of a warp points at: eight halves. */
    private static final int PIECE = 8 * HALF;

    private MatrixUnits() {}

    /** {@link KernelContext#mmaFragment}. */
    public static float[] mmaFragment(KernelContext context, float value) {
        float[] sums = new float[4];
        Arrays.fill(sums, value);
        return sums;
    }

    /**
     * {@link KernelContext#mmaLoadA}: item l of a warp says where eight halves of row l % 16 begin, the first ones or, from item 16
     * on, the others.
     */
    public static HalfFloat[] mmaLoadA(KernelContext context, int[] tile, int depth, int byteOffset, int line) {
        int item = WorkGroup.touching();
        int lane = item % Warps.SIZE;
        int address = byteOffset + lane % ROWS * (DEPTH * HALF) + lane / ROWS * PIECE;
        int[] pieces = pieces(item, "mmaLoadA", tile, address, line);
        AccessLog log = local(tile, "mmaLoadA");
        for (int part = 0; part < 4; part++) {
            log.read(pieces[8 * part + lane / 4] / Integer.BYTES + lane % 4);
        }
        return factor(
                item,
                "mmaLoadA",
                tile,
                pieces,
                ROWS * DEPTH,
                i -> pieces[i / DEPTH + i % DEPTH / 8 * ROWS] + i % 8 * HALF);
    }

    /** {@link KernelContext#mmaLoadB}: item l of the first 16 of a warp says where row l begins. */
    public static HalfFloat[] mmaLoadB(KernelContext context, int[] tile, int depth, int byteOffset, int line) {
        int item = WorkGroup.touching();
        int lane = item % Warps.SIZE;
        int[] pieces = pieces(item, "mmaLoadB", tile, byteOffset + lane % DEPTH * PIECE, line);
        AccessLog log = local(tile, "mmaLoadB");
        for (int part = 0; part < 4; part++) {
            int row = (part >> 1) * 8 + 2 * (lane % 4) + (part & 1);
            log.read(pieces[row] / Integer.BYTES + lane / 8);
        }
        return factor(item, "mmaLoadB", tile, pieces, DEPTH * COLUMNS, i -> pieces[i / COLUMNS] + i % COLUMNS * HALF);
    }

    /** Where the 16 bytes begin that each item of a warp points at. */
    private static int[] pieces(int item, String what, int[] tile, int address, int line) {
        if (address % PIECE != 0) {
            throw WorkGroup.fault("calls " + what + " at byte " + address + ", which is no multiple of " + PIECE);
        }
        if (address < 0 || address > tile.length * Integer.BYTES - PIECE) {
            throw WorkGroup.fault(
                    "calls " + what + " at byte " + address + " of an array of " + tile.length * Integer.BYTES);
        }
        return WorkGroup.warps().gather(item, what, tile, line, address);
    }

    private static AccessLog local(int[] tile, String what) {
        AccessLog log = WorkGroup.log(tile);
        if (log == null) {
            throw WorkGroup.fault("calls " + what + " of an array that is not in local memory");
        }
        return log;
    }

    /** The whole factor, made by the first item of the warp. */
    private static HalfFloat[] factor(
            int item, String what, int[] tile, int[] pieces, int size, IntUnaryOperator address) {
        return (HalfFloat[]) WorkGroup.warps()
                .together(
                        item,
                        what,
                        tile,
                        tile,
                        pieces,
                        () -> IntStream.range(0, size)
                                .map(address)
                                .mapToObj(at ->
                                        new HalfFloat((short) (tile[at / Integer.BYTES] >> (8 * (at % Integer.BYTES)))))
                                .toArray(HalfFloat[]::new));
    }

    /** {@link KernelContext#mma}. */
    public static float[] mma(
            KernelContext context, HalfFloat[] a, HalfFloat[] b, float[] sums, MMAShape shape, int line) {
        if (a.length != ROWS * DEPTH || b.length != DEPTH * COLUMNS) {
            throw WorkGroup.fault("calls mma with factors that are not a left and a right one");
        }
        int item = WorkGroup.touching();
        WorkGroup.warps().together(item, "mma", a, b, new int[] {line}, () -> shape);
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
    public static void mmaStore(
            KernelContext context, float[] sums, FloatArray out, int row, int column, int stride, int line) {
        int item = WorkGroup.touching();
        WorkGroup.warps().together(item, "mmaStore", out, out, new int[] {row, column, stride, line}, () -> out);
        int lane = item % Warps.SIZE;
        for (int i = 0; i < 4; i++) {
            int toRow = row + lane / 4 + 8 * (i >> 1);
            out.set(toRow * stride + column + 2 * (lane % 4) + (i & 1), sums[i]);
        }
    }
}
