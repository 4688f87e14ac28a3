package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What {@link Attention#combine} computes, rounded for the product that follows, in one launch: a group of 256 items for each tile
 * of {@link RoundedInputs} of a token, an item for four of its elements. Partial results are read once; of a step of few tokens these are
 * a few hundred KB.
 */
public final class RoundedAttention {
    /** Elements that an item rounds. */
    private static final int FOUR = 4;

    private RoundedAttention() {}

    /** Whether heads of that size can be combined here: local memory is for as many as a tile has. */
    static boolean takes(int headSize, int splits) {
        return RoundedInputs.TILE % headSize == 0
                && 3L * (RoundedInputs.TILE / headSize) * splits * Float.BYTES <= 32 * 1024;
    }

    /** The grid of {@link #combine} for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int heads, int headSize, int tokens) {
        return RoundedInputs.grid(tokens, heads * headSize);
    }

    /**
     * The attention of every head from that of its stretches, {@code Σ_s f_s · sum_s / Σ_s f_s · total_s} with
     * {@code f_s = e^(m_s - max m)}.
     *
     * <p>Twins: {@code ScalarAttention.attend}, then {@code quantize_row} of {@code kernels/native}.
     *
     * @param levels {@code [tokens, heads * headSize]}, the first row in tile 0; see {@link RoundedInputs}
     * @param factors the same
     * @param partial {@code [tokens, splits, heads, headSize + 2]}
     * @param headSize as {@link #takes} says
     * @param splits stretches
     */
    public static void combine(
            KernelContext context,
            IntArray step,
            IntArray levels,
            FloatArray factors,
            FloatArray partial,
            int heads,
            int headSize,
            int splits) {
        float[] maxima = context.allocateFloatLocalArray(RoundedInputs.TILE / headSize * splits);
        float[] totals = context.allocateFloatLocalArray(RoundedInputs.TILE / headSize * splits);
        float[] weights = context.allocateFloatLocalArray(RoundedInputs.TILE / headSize * splits);
        float[] elements = context.allocateFloatLocalArray(RoundedInputs.TILE);
        int item = context.localIdx;
        int token = context.groupIdy;
        if (token < step.get(Step.TOKENS)) {
            int stride = heads * (headSize + 2);
            int firstHead = context.groupIdx * (RoundedInputs.TILE / headSize);
            int from = token * splits * stride + firstHead * (headSize + 2);
            int count = TornadoMath.min(RoundedInputs.TILE / headSize, heads - firstHead);
            for (int i = item; i < count * splits; i += RoundedInputs.GROUP) {
                int at = from + i % splits * stride + i / splits * (headSize + 2) + headSize;
                maxima[i] = partial.get(at);
                totals[i] = partial.get(at + 1);
            }
            context.localBarrier();
            for (int i = item; i < count * splits; i += RoundedInputs.GROUP) {
                int first = i / splits * splits;
                float largest = maxima[i];
                for (int split = 0; split < splits; split++) {
                    largest = TornadoMath.max(largest, maxima[first + split]);
                }
                float total = 0;
                for (int split = 0; split < splits; split++) {
                    total += TornadoMath.exp(maxima[first + split] - largest) * totals[first + split];
                }
                weights[i] = TornadoMath.exp(maxima[i] - largest) / total;
            }
            context.localBarrier();
            // Neighbouring items load neighbouring elements, each of four heads, or parts of them; beyond the last head
            // its own again.
            int quarter = RoundedInputs.TILE / FOUR;
            int head0 = TornadoMath.min(item / headSize, count - 1);
            int head1 = TornadoMath.min((item + quarter) / headSize, count - 1);
            int head2 = TornadoMath.min((item + 2 * quarter) / headSize, count - 1);
            int head3 = TornadoMath.min((item + 3 * quarter) / headSize, count - 1);
            int at0 = from + head0 * (headSize + 2) + item % headSize;
            int at1 = from + head1 * (headSize + 2) + (item + quarter) % headSize;
            int at2 = from + head2 * (headSize + 2) + (item + 2 * quarter) % headSize;
            int at3 = from + head3 * (headSize + 2) + (item + 3 * quarter) % headSize;
            float sum0 = 0;
            float sum1 = 0;
            float sum2 = 0;
            float sum3 = 0;
            for (int split = 0; split < splits; split++) {
                sum0 += weights[head0 * splits + split] * partial.get(at0 + split * stride);
                sum1 += weights[head1 * splits + split] * partial.get(at1 + split * stride);
                sum2 += weights[head2 * splits + split] * partial.get(at2 + split * stride);
                sum3 += weights[head3 * splits + split] * partial.get(at3 + split * stride);
            }
            int end = count * headSize;
            elements[item] = item < end ? sum0 : 0;
            elements[item + quarter] = item + quarter < end ? sum1 : 0;
            elements[item + 2 * quarter] = item + 2 * quarter < end ? sum2 : 0;
            elements[item + 3 * quarter] = item + 3 * quarter < end ? sum3 : 0;
            context.localBarrier();
            float a = elements[FOUR * item];
            float b = elements[FOUR * item + 1];
            float c = elements[FOUR * item + 2];
            float d = elements[FOUR * item + 3];
            int tile = token * RoundedInputs.tiles(heads * headSize) + context.groupIdx;
            RoundedInputs.store(context, levels, factors, tile, a, b, c, d);
        }
    }
}
