package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Operations on single elements: one item each, in groups of 64; every operand is read once, the output written once. */
public final class Elements {
    private static final int GROUP = 64;

    private Elements() {}

    /** The grid for up to {@code rows} rows of {@code size}: groups along a row, rows along the second dimension. */
    public static WorkerGrid grid(int rows, int size) {
        return Grids.groups(Math.ceilDiv(size, GROUP), rows, GROUP);
    }

    /**
     * {@code gate[t, i] = silu(gate[t, i]) · up[t, i]}. Twin: {@code ScalarKernels.swiGlu}.
     *
     * @param gate {@code [rows, size]}
     * @param up {@code [rows, size]}
     */
    public static void swiGlu(
            KernelContext context, IntArray step, FloatArray gate, FloatArray up, int size, int countAt) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(countAt) && i < size) {
            int at = row * size + i;
            gate.set(at, silu(gate.get(at)) * up.get(at));
        }
    }

    /** {@code z / (1 + e^-z)}. */
    static float silu(float z) {
        return z * sigmoid(z);
    }

    /** {@code 1 / (1 + e^-z)}, by powers that are never infinite: TornadoVM has OpenCL compute as if nothing was. */
    static float sigmoid(float z) {
        float power = TornadoMath.exp(-TornadoMath.abs(z));
        float numerator = z < 0 ? power : 1;
        return numerator / (1 + power);
    }

    /**
     * {@code out[t, i] += x[t, i]}. Twin: {@code ScalarKernels.add}.
     *
     * @param out {@code [rows, size]}
     * @param x {@code [rows, size]}
     */
    public static void add(KernelContext context, IntArray step, FloatArray out, FloatArray x, int size, int countAt) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(countAt) && i < size) {
            int at = row * size + i;
            out.set(at, out.get(at) + x.get(at));
        }
    }

    /**
     * {@code x[t, i] += bias[i]}. Twin: {@code PlainKernels.addBias}.
     *
     * @param x {@code [rows, size]}, changed in place
     * @param bias {@code [size]}
     */
    public static void addBias(
            KernelContext context, IntArray step, FloatArray x, FloatArray bias, int size, int countAt) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(countAt) && i < size) {
            int at = row * size + i;
            x.set(at, x.get(at) + bias.get(i));
        }
    }

    /**
     * {@code x = x · Φ(x)}. Twin: {@code PlainKernels.gelu}.
     *
     * @param x {@code [rows, size]}, changed in place
     */
    public static void gelu(KernelContext context, IntArray step, FloatArray x, int size, int countAt) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(countAt) && i < size) {
            int at = row * size + i;
            x.set(at, Gelu.of(x.get(at)));
        }
    }

    /**
     * {@code out[r] = hidden[token(r)]} for the rows that want logits. Twin: {@code Llama4.gatherLogitRows}.
     *
     * @param out {@code [logitRows, size]}
     * @param hidden {@code [tokens, size]}
     */
    public static void gatherLogitRows(
            KernelContext context, IntArray step, IntArray places, FloatArray out, FloatArray hidden, int size) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.LOGIT_ROWS) && i < size) {
            int token = places.get(row * Step.PLACE + Step.LOGIT_TOKEN);
            out.set(row * size + i, hidden.get(token * size + i));
        }
    }
}
