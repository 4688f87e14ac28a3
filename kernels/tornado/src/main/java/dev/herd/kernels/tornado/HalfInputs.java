package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The inputs of products on matrix units as halves, for devices that have them ({@link Capabilities#hasMma}). A row is
 * divided by a power of two of its own, which brings its largest element into [2^14, 2^15): nothing becomes infinite, and what
 * is not smaller than 2^-29 of the largest keeps all 11 bits of a half.
 *
 * <p>Layout of a row: two halves to an int, with zeros up to a multiple of {@link MmaGeometry#COLUMNS} columns; behind them the same
 * of what they lost, which takes the 11 bits to 22. In each run of 16 columns, column 4q + i comes to place 4i + q;
 * {@link MmaTile} has its weights in the same order.
 */
public final class HalfInputs {
    private static final int GROUP = 128;
    private static final int FEW = 16;

    /** Where the largest element of a row lies at most. */
    private static final float LARGEST = 0x1p15f;

    private HalfInputs() {}

    /** Ints of a row. */
    static int rowWords(int columns) {
        return 2 * partWords(columns);
    }

    /** Ints of the halves of a row, and of what they lost. */
    static int partWords(int columns) {
        return (columns + MmaGeometry.COLUMNS - 1) / MmaGeometry.COLUMNS * (MmaGeometry.COLUMNS / 2);
    }

    /** The grid of {@link #pack} for up to {@code rows} rows: a group of 128 items each. */
    public static WorkerGrid grid(int rows) {
        return Grids.groups(rows, GROUP);
    }

    /**
     * {@code out[r] = x[r] / scales[r]} and what is lost by that; two reads of the row and one write.
     *
     * <p>Twin: {@code Float.floatToFloat16} of each quotient, and of what it differs by.
     *
     * @param step the number of rows is {@code perToken} times what is at {@code countAt}
     * @param out {@code [rows, rowWords(columns)]}
     * @param scales {@code [rows]}, powers of two
     * @param x {@code [rows, columns]}
     */
    public static void pack(
            KernelContext context,
            IntArray step,
            IntArray out,
            FloatArray scales,
            FloatArray x,
            int columns,
            int perToken,
            int countAt) {
        float[] parts = context.allocateFloatLocalArray(GROUP);
        float[] few = context.allocateFloatLocalArray(FEW);
        int item = context.localIdx;
        int row = context.groupIdx;
        if (row < step.get(countAt) * perToken) {
            int from = row * columns;
            float largest = 0;
            for (int i = item; i < columns; i += GROUP) {
                largest = TornadoMath.max(largest, TornadoMath.abs(x.get(from + i)));
            }
            parts[item] = largest;
            context.localBarrier();
            if (item < FEW) {
                float most = 0;
                for (int i = 0; i < GROUP / FEW; i++) {
                    most = TornadoMath.max(most, parts[item + i * FEW]);
                }
                few[item] = most;
            }
            context.localBarrier();
            largest = 0;
            for (int i = 0; i < FEW; i++) {
                largest = TornadoMath.max(largest, few[i]);
            }
            float scale = scale(largest);
            if (item == 0) {
                scales.set(row, scale);
            }
            float factor = 1 / scale;
            int words = partWords(columns);
            for (int i = item; i < words; i += GROUP) {
                // The word's places 2j and 2j + 1 of 16 hold columns that are 4 apart.
                int low = (i >> 3) * 16 + 8 * (i & 1) + (i >> 1 & 3);
                int high = low + 4;
                float lowValue = 0;
                if (low < columns) {
                    lowValue = x.get(from + low) * factor;
                }
                float highValue = 0;
                if (high < columns) {
                    highValue = x.get(from + high) * factor;
                }
                HalfFloat lowHalf = new HalfFloat(lowValue);
                HalfFloat highHalf = new HalfFloat(highValue);
                int to = 2 * row * words + i;
                out.set(to, pair(lowValue, highValue));
                out.set(to + words, pair(lowValue - lowHalf.getFloat32(), highValue - highHalf.getFloat32()));
            }
            context.localBarrier();
        }
    }

    /** Two halves in an int. */
    static int pair(float low, float high) {
        return (new HalfFloat(low).getHalfFloatValue() & 0xFFFF) | (new HalfFloat(high).getHalfFloatValue() << 16);
    }

    /** The least power of two that brings {@code largest} to 2^15 or below; of numbers below 2^-86, 2^-100. */
    static float scale(float largest) {
        float units = largest * (1 / LARGEST);
        float scale = 0x1p-101f;
        scale = raised(units, scale, 0x1p64f);
        scale = raised(units, scale, 0x1p64f);
        scale = raised(units, scale, 0x1p32f);
        scale = raised(units, scale, 0x1p32f);
        scale = raised(units, scale, 0x1p16f);
        scale = raised(units, scale, 0x1p8f);
        scale = raised(units, scale, 0x1p4f);
        scale = raised(units, scale, 0x1p2f);
        scale = raised(units, scale, 0x1p1f);
        return 2 * scale;
    }

    private static float raised(float units, float scale, float by) {
        float result = scale;
        if (units > scale * by) {
            result = scale * by;
        }
        return result;
    }
}
