package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention over the paged cache, for prefill and decoding alike: every token of the step is a query, and what it sees
 * ends with itself, so that causality needs no mask.
 *
 * <p>One group of 64 items handles the query heads that share a key/value head, over one of {@code splits} stretches of
 * the visible positions, so that few tokens with long contexts still fill a device. It goes through its stretch 64
 * positions at a time: every item scores one position for all heads, the maximum so far and with it the weights are
 * brought up to date (online softmax), and every item adds weighted values for some elements of the result. Keys and
 * values are read once per group from memory; what is kept meanwhile is in local memory. {@link #combine} then joins the
 * stretches. Traffic is keys and values of what is visible once per token, and {@code partial}, which is written and read once.
 */
public final class Attention {
    private static final int GROUP = 64;
    private static final int COMBINE_GROUP = 128;
    private static final float LOWEST = -Float.MAX_VALUE;

    private Attention() {}

    /** The grid of {@link #attend} for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int kvHeads, int tokens, int splits) {
        return Grids.groups(kvHeads, tokens, splits, GROUP);
    }

    /** Floats of {@code partial}. */
    public static int partialSize(int tokens, int splits, int heads, int headSize) {
        return Math.multiplyExact(Math.multiplyExact(tokens, splits), Math.multiplyExact(heads, headSize + 2));
    }

    /**
     * {@code Σ_p e^(s_p - m) · value[p]}, m and {@code Σ_p e^(s_p - m)} for every query head and stretch, with
     * {@code s_p = query · key[p] / sqrt(headSize)} and m the largest of them.
     *
     * <p>Twin: {@code ScalarAttention.attend}.
     *
     * @param partial {@code [tokens, splits, heads, headSize + 2]}
     * @param query {@code [tokens, heads, headSize]}
     * @param cache see {@link KeyValues}
     * @param kind GLOBAL sees everything before, the LOCAL ones from the token's first visible position on
     * @param format of the cache: F32, F16 or Q8_0
     * @param splits stretches, the third dimension of the grid
     */
    public static void attend(
            KernelContext context,
            IntArray step,
            IntArray places,
            IntArray tables,
            IntArray layer,
            FloatArray partial,
            FloatArray query,
            IntArray cache,
            int heads,
            int kvHeads,
            int headSize,
            int blockSize,
            int blocksPerStep,
            int kind,
            int format,
            int splits) {
        int groupSize = heads / kvHeads;
        int size = groupSize * headSize;
        float[] queries = context.allocateFloatLocalArray(groupSize * headSize);
        float[] sums = context.allocateFloatLocalArray(groupSize * headSize);
        float[] weights = context.allocateFloatLocalArray(groupSize * GROUP);
        float[] largest = context.allocateFloatLocalArray(groupSize);
        float[] factors = context.allocateFloatLocalArray(groupSize);
        float[] totals = context.allocateFloatLocalArray(groupSize);
        int[] rows = context.allocateIntLocalArray(GROUP);
        int item = context.localIdx;
        int kvHead = context.groupIdx;
        int token = context.groupIdy;
        int split = context.groupIdz;
        if (token < step.get(Step.TOKENS)) {
            int place = token * Step.PLACE;
            int end = places.get(place + Step.POSITION) + 1;
            int first = 0;
            int table = places.get(place + Step.GLOBAL_TABLE);
            if (kind != KeyValues.GLOBAL) {
                first = places.get(place + Step.LOCAL_FIRST);
                table = places.get(place + Step.LOCAL_TABLE);
            }
            int stretch = ((end - first + splits - 1) / splits + GROUP - 1) / GROUP * GROUP;
            int from = first + split * stretch;
            int to = TornadoMath.min(from + stretch, end);
            int words = KeyValues.headWords(format, headSize);
            int valuesAfter = kvHeads * blockSize * words;
            float scale = 1 / TornadoMath.sqrt(headSize);
            for (int i = item; i < size; i += GROUP) {
                queries[i] = query.get((token * heads + kvHead * groupSize) * headSize + i);
                sums[i] = 0;
            }
            if (item < groupSize) {
                largest[item] = LOWEST;
                totals[item] = 0;
            }
            for (int start = from; start < to; start += GROUP) {
                int count = TornadoMath.min(GROUP, to - start);
                context.localBarrier();
                if (item < count) {
                    int row = KeyValues.row(
                            tables, layer, table, start + item, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    rows[item] = row + valuesAfter;
                    for (int head = 0; head < groupSize; head++) {
                        float score = 0;
                        for (int unit = 0; unit * Weights.UNIT < headSize; unit++) {
                            int at = head * headSize + unit * Weights.UNIT;
                            float part = 0;
                            for (int i = 0; i < Weights.count(format, unit, headSize); i++) {
                                part += queries[at + i] * Weights.level(cache, format, row, unit, i);
                            }
                            score += Weights.scale(cache, format, row, unit) * part;
                        }
                        weights[head * GROUP + item] = scale * score;
                    }
                }
                context.localBarrier();
                if (item < groupSize) {
                    float before = largest[item];
                    float now = before;
                    for (int i = 0; i < count; i++) {
                        now = TornadoMath.max(now, weights[item * GROUP + i]);
                    }
                    largest[item] = now;
                    factors[item] = TornadoMath.exp(before - now);
                }
                context.localBarrier();
                if (item < count) {
                    for (int head = 0; head < groupSize; head++) {
                        int at = head * GROUP + item;
                        weights[at] = TornadoMath.exp(weights[at] - largest[head]);
                    }
                }
                context.localBarrier();
                if (item < groupSize) {
                    float total = totals[item] * factors[item];
                    for (int i = 0; i < count; i++) {
                        total += weights[item * GROUP + i];
                    }
                    totals[item] = total;
                }
                for (int i = item; i < size; i += GROUP) {
                    int head = i / headSize;
                    int unit = i % headSize / Weights.UNIT;
                    int inUnit = i % headSize % Weights.UNIT;
                    float sum = 0;
                    for (int p = 0; p < count; p++) {
                        float level = Weights.level(cache, format, rows[p], unit, inUnit);
                        sum += weights[head * GROUP + p] * (Weights.scale(cache, format, rows[p], unit) * level);
                    }
                    sums[i] = sums[i] * factors[head] + sum;
                }
            }
            int out = ((token * splits + split) * heads + kvHead * groupSize) * (headSize + 2);
            for (int i = item; i < size; i += GROUP) {
                partial.set(out + i / headSize * (headSize + 2) + i % headSize, sums[i]);
            }
            if (item < groupSize) {
                partial.set(out + item * (headSize + 2) + headSize, largest[item]);
                partial.set(out + item * (headSize + 2) + headSize + 1, totals[item]);
            }
            context.localBarrier();
        }
    }

    /** The grid of {@link #combine} for up to {@code tokens} tokens. */
    public static WorkerGrid combineGrid(int heads, int tokens) {
        return Grids.groups(heads, tokens, COMBINE_GROUP);
    }

    /**
     * The attention of every head from that of its stretches, {@code Σ_s f_s · sum_s / Σ_s f_s · total_s} with
     * {@code f_s = e^(m_s - max m)}: one group of 128 items per head and token, an item per element. Partial results are read
     * once.
     *
     * <p>Twin: {@code ScalarAttention.attend}.
     *
     * @param out {@code [tokens, heads, headSize]}
     * @param partial {@code [tokens, splits, heads, headSize + 2]}
     * @param splits stretches, at most 128
     * @param alone 1 if {@code partial} is of tokens that are alone ({@link Step#ALONE}), 0 if it is of all
     */
    public static void combine(
            KernelContext context,
            IntArray step,
            IntArray places,
            FloatArray out,
            FloatArray partial,
            int heads,
            int headSize,
            int splits,
            int alone) {
        float[] maxima = context.allocateFloatLocalArray(splits);
        float[] factors = context.allocateFloatLocalArray(splits);
        float[] totals = context.allocateFloatLocalArray(splits);
        int item = context.localIdx;
        int head = context.groupIdx;
        int number = context.groupIdy;
        if (number < Step.count(step, alone)) {
            int stride = heads * (headSize + 2);
            int from = number * splits * stride + head * (headSize + 2);
            if (item < splits) {
                maxima[item] = partial.get(from + item * stride + headSize);
            }
            context.localBarrier();
            float largest = LOWEST;
            for (int split = 0; split < splits; split++) {
                largest = TornadoMath.max(largest, maxima[split]);
            }
            if (item < splits) {
                float factor = TornadoMath.exp(maxima[item] - largest);
                factors[item] = factor;
                totals[item] = factor * partial.get(from + item * stride + headSize + 1);
            }
            context.localBarrier();
            int token = Step.token(places, number, alone);
            float total = 0;
            for (int split = 0; split < splits; split++) {
                total += totals[split];
            }
            for (int i = item; i < headSize; i += COMBINE_GROUP) {
                float sum = 0;
                for (int split = 0; split < splits; split++) {
                    sum += partial.get(from + split * stride + i) * factors[split];
                }
                out.set((token * heads + head) * headSize + i, sum / total);
            }
            context.localBarrier();
        }
    }
}
