package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Norms of rows: one group of 128 items per row, each adding up every 128th element; two reads and one write of the row.
 */
public final class Norms {
    /** Items of a group. */
    static final int GROUP = 128;

    private static final int FEW = 16;

    private Norms() {}

    /** The grid for up to {@code rows} rows. */
    public static WorkerGrid grid(int rows) {
        return Grids.groups(rows, GROUP);
    }

    /**
     * {@code out[t] = x[t] / sqrt(mean(x[t]²) + epsilon) · weight}.
     *
     * <p>Twin: {@code ScalarKernels.rmsNorm}.
     *
     * @param step the number of rows is at {@code countAt}
     * @param out {@code [rows, size]}
     * @param x {@code [rows, size]}
     * @param weight {@code [size]}
     */
    public static void rmsNorm(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            FloatArray weight,
            float epsilon,
            int size,
            int countAt) {
        int item = context.localIdx;
        int row = context.groupIdx;
        if (row < step.get(countAt)) {
            int from = row * size;
            float squares = 0;
            for (int i = item; i < size; i += GROUP) {
                squares += x.get(from + i) * x.get(from + i);
            }
            float scale = 1 / TornadoMath.sqrt(sum(context, item, squares, GROUP) / size + epsilon);
            for (int i = item; i < size; i += GROUP) {
                out.set(from + i, x.get(from + i) * scale * weight.get(i));
            }
            context.localBarrier();
        }
    }

    /**
     * {@code out[t] = (x[t] - mean) / sqrt(variance + epsilon) · weight + bias}.
     *
     * <p>Twin: {@code PlainKernels.layerNorm}.
     *
     * @param step the number of rows is at {@code countAt}
     * @param out {@code [rows, size]}
     * @param x {@code [rows, size]}
     * @param weight {@code [size]}
     * @param bias {@code [size]}
     */
    public static void layerNorm(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray x,
            FloatArray weight,
            FloatArray bias,
            float epsilon,
            int size,
            int countAt) {
        int item = context.localIdx;
        int row = context.groupIdx;
        if (row < step.get(countAt)) {
            int from = row * size;
            float part = 0;
            for (int i = item; i < size; i += GROUP) {
                part += x.get(from + i);
            }
            float mean = sum(context, item, part, GROUP) / size;
            float squares = 0;
            for (int i = item; i < size; i += GROUP) {
                float centred = x.get(from + i) - mean;
                squares += centred * centred;
            }
            float scale = 1 / TornadoMath.sqrt(sum(context, item, squares, GROUP) / size + epsilon);
            for (int i = item; i < size; i += GROUP) {
                out.set(from + i, (x.get(from + i) - mean) * scale * weight.get(i) + bias.get(i));
            }
            context.localBarrier();
        }
    }

    /** The sum of every item's {@code part} in a group of that size, in two steps, through local memory of its own. */
    static float sum(KernelContext context, int item, float part, int group) {
        float[] parts = context.allocateFloatLocalArray(group);
        float[] few = context.allocateFloatLocalArray(FEW);
        parts[item] = part;
        context.localBarrier();
        if (item < FEW) {
            float sum = 0;
            for (int i = 0; i < group / FEW; i++) {
                sum += parts[item + i * FEW];
            }
            few[item] = sum;
        }
        context.localBarrier();
        float total = 0;
        for (int i = 0; i < FEW; i++) {
            total += few[i];
        }
        return total;
    }
}
