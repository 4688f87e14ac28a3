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
     * @param size a multiple of four
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
                float a = 0;
                float b = 0;
                float c = 0;
                float d = 0;
                if (at < size) {
                    a = x.get(from + at) * scale * weight.get(at);
                    b = x.get(from + at + 1) * scale * weight.get(at + 1);
                    c = x.get(from + at + 2) * scale * weight.get(at + 2);
                    d = x.get(from + at + 3) * scale * weight.get(at + 3);
                }
                int tile = token * RoundedInputs.tiles(size) + context.groupIdx;
                RoundedInputs.store(context, levels, factors, tile, a, b, c, d);
            } else {
                int row = expert * Weights.rowWords(format, size);
                float squares = 0;
                float part = 0;
                for (int four = item; 4 * four < size; four += RoundedInputs.GROUP) {
                    int i = 4 * four;
                    int unit = i / Weights.UNIT;
                    int inUnit = i % Weights.UNIT;
                    float a = x.get(from + i);
                    float b = x.get(from + i + 1);
                    float c = x.get(from + i + 2);
                    float d = x.get(from + i + 3);
                    squares += a * a + b * b + c * c + d * d;
                    a *= weight.get(i);
                    b *= weight.get(i + 1);
                    c *= weight.get(i + 2);
                    d *= weight.get(i + 3);
                    float ofLevels = a * Weights.level(router, format, row, unit, inUnit)
                            + b * Weights.level(router, format, row, unit, inUnit + 1)
                            + c * Weights.level(router, format, row, unit, inUnit + 2)
                            + d * Weights.level(router, format, row, unit, inUnit + 3);
                    part += Weights.scale(router, format, row, unit) * ofLevels
                            - Weights.offset(router, format, row, unit) * (a + b + c + d);
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
}
