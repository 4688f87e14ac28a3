package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The norm before a mixture of experts and the router's logits of what it yields, for few tokens in one launch. A token has groups
 * of 256 items: one for each tile of {@link RoundedInputs}, and one for each expert, which adds up the row by itself rather than
 * wait for the others. A row is read once per group, from the cache but for the first; the router once per token.
 */
public final class RoutedNorm {
    private RoutedNorm() {}

    /** The grid of {@link #rmsNorm} for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int tokens, int size, int experts) {
        return Grids.groups(RoundedInputs.tiles(size) + experts, tokens, RoundedInputs.GROUP);
    }

    /**
     * {@code n[t] = x[t] / sqrt(mean(x[t]²) + epsilon) · weight}, rounded, and {@code logits[t, e] = Σ_c n[t, c] · router[e, c]} of
     * what is not rounded.
     *
     * <p>Twins: {@code ScalarKernels.rmsNorm}, then {@code quantize_row} of {@code kernels/native}, and {@code matMul}.
     *
     * @param logits {@code [tokens, experts]}
     * @param levels n, the first row in tile 0; see {@link RoundedInputs}
     * @param factors n
     * @param x {@code [tokens, size]}
     * @param weight {@code [size]}
     * @param router {@code [experts, size]} in {@code format}
     */
    public static void rmsNorm(
            KernelContext context,
            IntArray step,
            FloatArray logits,
            IntArray levels,
            FloatArray factors,
            FloatArray x,
            FloatArray weight,
            IntArray router,
            float epsilon,
            int format,
            int experts,
            int size) {
        int item = context.localIdx;
        int token = context.groupIdy;
        int expert = context.groupIdx - RoundedInputs.tiles(size);
        if (token < step.get(Step.TOKENS)) {
            int from = token * size;
            if (expert < 0) {
                float scale = RoundedInputs.normScale(context, x, from, epsilon, size);
                int at = context.groupIdx * RoundedInputs.TILE + 4 * item;
                float a = normed(x, weight, from, at, size, scale);
                float b = normed(x, weight, from, at + 1, size, scale);
                float c = normed(x, weight, from, at + 2, size, scale);
                float d = normed(x, weight, from, at + 3, size, scale);
                int tile = token * RoundedInputs.tiles(size) + context.groupIdx;
                RoundedInputs.store(context, levels, factors, tile, a, b, c, d);
            } else {
                int row = expert * Weights.rowWords(format, size);
                float squares = 0;
                float part = 0;
                for (int i = item; i < size; i += RoundedInputs.GROUP) {
                    int unit = i / Weights.UNIT;
                    float level = Weights.level(router, format, row, unit, i % Weights.UNIT);
                    float element = Weights.scale(router, format, row, unit) * level
                            - Weights.offset(router, format, row, unit);
                    float value = x.get(from + i);
                    squares += value * value;
                    part += element * (value * weight.get(i));
                }
                float scale = RoundedInputs.normScale(context, squares, epsilon, size);
                float sum = Norms.sum(context, item, part, RoundedInputs.GROUP);
                if (item == 0) {
                    logits.set(token * experts + expert, scale * sum);
                }
                context.localBarrier();
            }
        }
    }

    private static float normed(FloatArray x, FloatArray weight, int from, int at, int size, float scale) {
        return at < size ? x.get(from + at) * scale * weight.get(at) : 0;
    }
}
